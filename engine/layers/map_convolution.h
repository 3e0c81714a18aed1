#pragma once

#include <ATen/core/Tensor.h>

namespace maskscope {

/// A convolution of a map whose channels come last. @param convolution  of LibTorch, plain or transposed  @param x  [B, h, w, D]
template <typename Convolution>
at::Tensor convolveMap(Convolution& convolution, const at::Tensor& x) {
    return convolution->forward(x.permute({0, 3, 1, 2})).permute({0, 2, 3, 1});
}

}  // namespace maskscope
