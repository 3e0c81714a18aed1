#pragma once

#include <ATen/core/Tensor.h>

namespace maskscope {

// Products of float32 matrices on one core, by oneDNN's block kernels, which LibTorch brings: about twice as fast as at::mm where the processor
// has 512-bit vectors and is not Intel's. Where oneDNN has none, at::mm multiplies. Matrices are row-major without gaps; no gradients.

/// @param a  [M, K]   @param b  [K, N]   @return  [M, N]
at::Tensor product(const at::Tensor& a, const at::Tensor& b);

/// c [M, N] += a [M, K] b [K, N]
void addProduct(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c);

/// A copy, [columns, rows] of x [rows, columns].
at::Tensor transposed(const at::Tensor& x);

}  // namespace maskscope
