#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// MAE (He et al., CVPR 2022) as Hugging Face transformers has it: ViTMAEForPreTraining, with the decoder, and ViTMAEModel. Decoder
/// blocks may be called decoder_layers or decoder_encoder.layer.
std::unique_ptr<FamilyModel> openVitMae(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
