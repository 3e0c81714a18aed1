#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// The image tokenizer of Janus in Hugging Face transformers: a VQGAN with both of its networks.
std::unique_ptr<FamilyModel> openJanusTokenizer(ModelConfig& config, ModelWeights& weights);

/// The image tokenizer of Chameleon: a VQGAN's encoder and codebook.
std::unique_ptr<FamilyModel> openChameleonTokenizer(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
