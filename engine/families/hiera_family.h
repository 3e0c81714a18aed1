#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// Hiera in Hugging Face transformers: the model alone, with its masked autoencoder's decoder, and for classification.
std::unique_ptr<FamilyModel> openHiera(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
