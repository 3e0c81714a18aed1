#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"

namespace at {
class Tensor;
}

namespace maskscope {

struct ImageInput;

/// A picture that shows grey and colour images alike: 1 and 3 channels as they are, others by their first channel.
/// @param unitPixels  [C, H, W] in [-1, 1]; beyond is cut
Image showUnitPixels(const at::Tensor& unitPixels);

/// Grey, hatched patches where something is hidden, so that no mask shows by colour alone.
/// @param hidden  [N] float, 1 = hidden
Image maskedPicture(const Image& original, const at::Tensor& hidden, const ImageInput& input);

/// The predicted patches alone, in a picture of any size; visible ones are flat and dark, since a loss on hidden patches says nothing about them.
Image hiddenPatchesPicture(const Image& prediction, const at::Tensor& hidden, const ImageInput& input);

/// Visible patches of the original, hidden ones of the prediction. @param unit* [C, H, W] in [-1, 1]
at::Tensor compositePixels(const at::Tensor& unitOriginal, const at::Tensor& unitPrediction, const at::Tensor& hidden, const ImageInput& input);

/// Absolute difference in viridis, mean over channels; yellow is a quarter of the range or more.
Image errorPicture(const at::Tensor& unitOriginal, const at::Tensor& unitComposite);

}  // namespace maskscope
