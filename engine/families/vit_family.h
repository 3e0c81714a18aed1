#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// Vision Transformers as Hugging Face transformers has them, bare, for masked image modelling and for classification: ViT
/// (Dosovitskiy et al., ICLR 2021), DeiT (Touvron et al., ICML 2021; with a second token in front), I-JEPA (Assran et al., CVPR
/// 2023; the encoder, without a class token).
std::unique_ptr<FamilyModel> openVit(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openDeit(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openIJepa(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
