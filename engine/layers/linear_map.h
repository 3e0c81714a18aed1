#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/linear.h>

namespace maskscope {

/// x weight^T + bias, the linear map of every layer. In a FusedScope, float32 on the CPU, it is multiplied by `core_products.h`, the rows shared
/// among LibTorch's threads; equal to at::linear up to rounding.
/// @param x       [..., K]
/// @param weight  [N, K]   @param bias  [N]; undefined: none
/// @return        [..., N]
at::Tensor linearMap(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

inline at::Tensor linearMap(const at::Tensor& x, const torch::nn::Linear& map) { return linearMap(x, map->weight, map->bias); }

}  // namespace maskscope
