#pragma once

#include <string>

namespace at {
class Tensor;
}

namespace maskscope {

struct ImageInput;
struct Mask;
class MaskPlan;

/// How much of every pixel a mask of tokens or of pixels hides. @return [B, 1, H, W]
/// @throws ShapeError if the mask is of another space
at::Tensor hiddenPixels(const Mask& mask, const ImageInput& input);

/// Images times what a mask leaves of them. Differentiable in both, so masks may be soft.
/// @param pixels  [B, C, H, W]   @return [B * copies, C, H, W]
at::Tensor withoutHidden(const at::Tensor& pixels, const MaskPlan& plan, const std::string& role, const ImageInput& input);

/// Of mixtures: the sample that shows in the visible places of each row, where that is not the row's own. @return [B] int64 on the device of the
/// mask; undefined: its own
at::Tensor ownersOf(const Mask& mask);

/// Images of which hidden places show other ones, as `Mask::source` says (Liu et al., MixMAE, CVPR 2023, Sec. 3.1), or nothing where it says nothing.
/// @param pixels  [B, C, H, W]   @return the same shape
at::Tensor mixedPixels(const at::Tensor& pixels, const Mask& mask, const ImageInput& input);

}  // namespace maskscope
