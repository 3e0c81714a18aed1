#pragma once

#include <cstdint>

namespace at {
class Tensor;
}

namespace maskscope {

struct ImageInput;

/// Cuts images into patches, row by row; a patch's values are ordered (row, column, channel) as in MAE.
/// @param pixels  [B, C, H, W], sides divisible by the patch's
/// @return        [B, N, patchHeight * patchWidth * C]
/// @throws ShapeError if the patch does not divide the image
at::Tensor patchify(const at::Tensor& pixels, std::int64_t patchHeight, std::int64_t patchWidth);

/// The same for an input whose patches may overlap. @throws ShapeError if the pixels are smaller than a patch, or, where patches touch, not
/// divided by it
at::Tensor patchify(const at::Tensor& pixels, const ImageInput& input);

/// The inverse of patchify for patches that touch. @param patches [B, N, patchHeight * patchWidth * C] @return [B, C, H, W]
at::Tensor unpatchify(const at::Tensor& patches, const ImageInput& input);

/// Spreads a value per patch over its pixels. @param perPatch [B, N] @return [B, 1, H, W]
at::Tensor patchesToPixels(const at::Tensor& perPatch, const ImageInput& input);

/// Spreads a value per patch over a map that has `side` x `side` places a patch. @param perPatch [B, N] @return [B, h, w, 1]
at::Tensor patchesToMap(const at::Tensor& perPatch, const ImageInput& input, std::int64_t side);

/// @param who  "the ConvNeXt", for the message
/// @throws ShapeError unless `pixels` is [B, C, H, W] with the sides of `input`
void requireImages(const at::Tensor& pixels, const ImageInput& input, const char* who);

/// Undoes the input statistics. @param pixels [B, C, H, W] normalised @return [B, C, H, W] in [-1, 1]
at::Tensor toUnitPixels(const at::Tensor& pixels, const ImageInput& input);
/// Applies the input statistics. @param pixels [B, C, H, W] in [-1, 1]
at::Tensor fromUnitPixels(const at::Tensor& pixels, const ImageInput& input);

}  // namespace maskscope
