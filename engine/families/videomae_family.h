#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// VideoMAE in Hugging Face transformers: the model alone, with its decoder, and for classification.
std::unique_ptr<FamilyModel> openVideoMae(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
