#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "tensor/input_spec.h"

namespace maskscope {

/// Videos cut into tubes: patches of a few frames (Tong et al., VideoMAE, NeurIPS 2022, Sec. 3.2).
struct VideoTubes {
    std::int64_t channels = 3, frames = 16, height = 224, width = 224;  // of a video
    std::int64_t tubeFrames = 2, patchHeight = 16, patchWidth = 16;     // of a tube

    /// A video as an image for encoders of images: the frames of a tube are channels (frame, channel), tubes lie below each other.
    /// What exceeds whole tubes is left out. Patches of that image, row by row, are the tubes in the order (time, row, column).
    ImageInput strip() const;
    /// @param video  [B, T, C, H, W]   @return [B, tubeFrames * C, T / tubeFrames * H, W]
    at::Tensor toStrip(const at::Tensor& video) const;

    /// The kernel of a three-dimensional convolution as that of the strip's patches.
    /// @param kernel  [D, C, tubeFrames, patchHeight, patchWidth]   @return [D, tubeFrames * C, patchHeight, patchWidth]
    at::Tensor stripKernel(const at::Tensor& kernel) const;

    /// The values of every tube, ordered (frame, row, column, channel). @param video [B, T, C, H, W] @return [B, N, values]
    at::Tensor values(const at::Tensor& video) const;
};

/// Sines and cosines in turn, at frequencies 10000^(-2 floor(i / 2) / width) (Vaswani et al., NeurIPS 2017, Sec. 3.5).
/// @return [count, width] float
at::Tensor alternatingSinusoids(std::int64_t count, std::int64_t width);

}  // namespace maskscope
