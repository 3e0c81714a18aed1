#pragma once

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Stochastic depth (Huang et al., ECCV 2016): while training, zeroes a residual branch for whole samples and scales the others
/// up, so that the mean stays. Draws from the NoiseScope.
/// @param branch  [B, ...]   @param chance  0 <= chance < 1 that a sample is zeroed
at::Tensor dropPath(const at::Tensor& branch, double chance, bool isTraining);

/// The chance of block `block` of `blocks`, growing linearly from 0 at the first to `last` at the last.
double dropPathOfBlock(double last, std::int64_t block, std::int64_t blocks);

}  // namespace maskscope
