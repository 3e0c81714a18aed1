#pragma once

#include "tensor/corruption.h"
#include "tensor/features.h"
#include "tensor/mask_plan.h"

namespace maskscope {

/// Of what a pass says what belongs to the sample that shows in the visible places of a mask: of a mixture the visible tokens, as if the others had
/// been dropped (Liu et al., MixMAE, CVPR 2023, Sec. 3.1, "unmix"), else all of it.
/// @param split  of the mask, null: none
Features ofOneSample(const Features& features, const Corruption& corruption, const TokenSplit* split);

}  // namespace maskscope
