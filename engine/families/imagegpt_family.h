#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// ImageGPT (Chen et al., Generative Pretraining from Pixels, ICML 2020) of Hugging Face transformers: inputs input_ids [B, N] (numbers of
/// colours), attention_mask, position_ids, token_type_ids, labels.
std::unique_ptr<FamilyModel> openImageGpt(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
