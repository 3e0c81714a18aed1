#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// timm's VisionTransformer by its `architecture` (vit_, deit_, deit3_ and their sizes) and what model_args say otherwise.
std::unique_ptr<FamilyModel> openTimmVit(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
