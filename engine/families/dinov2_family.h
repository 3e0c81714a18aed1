#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// DINOv2 (Oquab et al., TMLR 2024), with registers (Darcet et al., ICLR 2024) or without, bare and for classification, as Hugging
/// Face transformers has it.
std::unique_ptr<FamilyModel> openDinov2(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
