#pragma once

#include "families/family.h"

namespace maskscope {

/// BEiT and BEiT v2 of timm (Bao et al., ICLR 2022; Peng et al., 2022).
std::unique_ptr<FamilyModel> openTimmBeit(ModelConfig& config, ModelWeights& weights);

/// EVA and EVA-02 of timm (Fang et al., CVPR 2023; Fang et al., 2023), with their variants for CLIP.
std::unique_ptr<FamilyModel> openTimmEva(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
