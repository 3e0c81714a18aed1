#pragma once

#include <string>

#include "tensor/features.h"
#include "tensor/mask_plan.h"
#include "tensor/prediction.h"
#include "tensor/view.h"

namespace maskscope {

/// Masks that a network draws (Shi et al., ADIOS, ICML 2022, Sec. 2, "Occlusion model"): a softmax over its M channels shares every place out
/// among M masks, so that the masks of a sample sum to 1 everywhere. Differentiable.
/// @param drawn  tokens [B, N, M]   @return [B, M, N] float in 0..1, 1 = hidden
at::Tensor occlusions(const Features& drawn);

/// The same as masks of a plan with M copies a sample: of the view's tokens, or of its pixels where the network says something of each.
/// @throws ShapeError if its places are neither
MaskPlan occlusionPlan(const Features& drawn, const std::string& role, const View& view);

/// A picture of every mask, white = hidden.
void addOcclusions(Prediction& answer, const Features& drawn);

}  // namespace maskscope
