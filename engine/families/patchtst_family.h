#pragma once

#include <memory>

#include "families/family.h"

namespace maskscope {

/// PatchTST (Nie et al., ICLR 2023) of Hugging Face transformers: inputs past_values [B, T, C], past_observed_mask, future_values or
/// target_values, and `noise` [B, C or 1, N], which decides what a random mask hides: the patches of the greatest numbers.
std::unique_ptr<FamilyModel> openPatchTst(ModelConfig& config, ModelWeights& weights);

}  // namespace maskscope
