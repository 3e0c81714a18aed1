#pragma once

#include "families/family.h"

namespace maskscope {

/// FLAVA of Hugging Face transformers (Singh et al., CVPR 2022): FlavaForPreTraining, FlavaModel.
std::unique_ptr<FamilyModel> openFlava(ModelConfig& config, ModelWeights& weights);

/// Its parts, as models of their own.
std::unique_ptr<FamilyModel> openFlavaImage(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openFlavaText(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openFlavaMultimodal(ModelConfig& config, ModelWeights& weights);
std::unique_ptr<FamilyModel> openFlavaCodebook(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
