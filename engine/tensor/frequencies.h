#pragma once

#include <cstdint>

namespace at {
class Tensor;
}

namespace maskscope {

struct ImageInput;

/// The two-dimensional Fourier transform of images, orthonormal. Rows are frequencies: H * W of them row by row, the lowest in the middle, at row H /
/// 2 and column W / 2. Values of a row are channel by channel the real and the imaginary part.
/// @param pixels  [B, C, H, W] float   @return [B, H * W, 2 C]
at::Tensor spectrumOf(const at::Tensor& pixels);

/// Its inverse, the real part. @param spectrum [B, height * width, 2 C] @return [B, C, height, width]
at::Tensor imageOf(const at::Tensor& spectrum, std::int64_t height, std::int64_t width);

/// Images without some of their frequencies. @param hidden [B, H * W] float, 1 = taken away @return [B, C, H, W]
at::Tensor withoutFrequencies(const at::Tensor& pixels, const at::Tensor& hidden);

/// The same as a picture, whose values end at black and white. Frequencies are those of the brightness above black.
/// @param pixels  [B, C, H, W] in the input's normalisation   @return [B, C, H, W] in [-1, 1]
at::Tensor filteredPicture(const at::Tensor& pixels, const at::Tensor& hidden, const ImageInput& input);

/// Hides the mirror image of every hidden frequency as well: a real image has the same value there, conjugated.
/// @param hidden [B, height * width] float, 1 = hidden
at::Tensor withMirrored(const at::Tensor& hidden, std::int64_t height, std::int64_t width);

/// How strong each frequency is: log(1 + amplitude), mean over channels. @param spectrum [B, F, 2 C] @return [B, F]
at::Tensor logAmplitude(const at::Tensor& spectrum);

}  // namespace maskscope
