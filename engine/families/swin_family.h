#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// Swin Transformer and Swin V2 in Hugging Face transformers: the model alone, for masked image modelling (SimMIM) and for
/// classification.
std::unique_ptr<FamilyModel> openSwin(ModelConfig& config, ModelWeights& weights);

/// The same in timm.
std::unique_ptr<FamilyModel> openTimmSwin(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
