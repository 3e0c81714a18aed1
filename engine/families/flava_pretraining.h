#pragma once

#include "families/family.h"

namespace maskscope {

/// FLAVA with its objectives: codes of hidden patches, hidden words, both at once, matching pairs, and contrast (Singh et al., CVPR
/// 2022, Sec. 3.2). `weights` do without the prefix "flava.".
std::unique_ptr<FamilyModel> openFlavaPretraining(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
