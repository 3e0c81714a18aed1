#pragma once

#include <cstdint>
#include <memory>

#include <torch/nn/module.h>

#include "layers/window_bias.h"

namespace maskscope {

/// What attention over a whole grid of patches and the tokens in front of it adds to its scores: a learned number for every offset
/// between two patches, and one each for class token to patch, patch to class token, and class token to itself (Bao et al., BEiT,
/// ICLR 2022, Sec. 2.4 and its code). Parameters: window.table [(2 rows - 1)(2 columns - 1), heads]; class_table [3, heads], where
/// tokens stand in front.
class RelativeBias : public torch::nn::Module {
public:
    /// @param prefix  R, tokens before the patches; all of them share the numbers of the class token
    RelativeBias(std::int64_t rows, std::int64_t columns, std::int64_t heads, std::int64_t prefix);

    /// @return [heads, R + N, R + N] (query, key)
    at::Tensor forward();

private:
    std::int64_t rows_, columns_, prefix_;
    std::shared_ptr<WindowBiasTable> window_;
    at::Tensor class_;  // [3, heads]
};

/// The biases of some tokens alone. @param bias [heads, R + N, R + N] @param indices [B, K] int64 patches
/// @return [B, heads, R + K, R + K]
at::Tensor biasAt(const at::Tensor& bias, std::int64_t prefix, const at::Tensor& indices);

}  // namespace maskscope
