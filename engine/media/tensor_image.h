#pragma once

#include "media/decoded_image.h"

namespace at {
class Tensor;
}

namespace maskscope {

/// @return [C, H, W] float on the CPU, in [0, 1]
at::Tensor toTensor(const Image& image);
at::Tensor toTensor(const DecodedImage& image);

/// @param pixels  [C, H, W] of any float type and device, in [0, 1]; values beyond are cut, NaN becomes 0
/// @throws ShapeError if the tensor has other than three dimensions or is empty
Image toImage(const at::Tensor& pixels);

/// Grey repeated to three channels, or colour to luma (0.299 R + 0.587 G + 0.114 B).
/// @throws DataError if neither leads to `channels`
Image withChannels(const Image& image, int channels);

}  // namespace maskscope
