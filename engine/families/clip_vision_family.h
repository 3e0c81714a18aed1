#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// The image tower of CLIP (Radford et al., ICML 2021) as Hugging Face transformers has it: CLIPVisionModel and
/// CLIPVisionModelWithProjection.
std::unique_ptr<FamilyModel> openClipVision(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
