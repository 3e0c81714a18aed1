#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// ConvNeXt V2 in Hugging Face transformers: the model alone and for classification.
std::unique_ptr<FamilyModel> openConvNextV2(ModelConfig& config, ModelWeights& weights);

/// The same in timm.
std::unique_ptr<FamilyModel> openTimmConvNextV2(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
