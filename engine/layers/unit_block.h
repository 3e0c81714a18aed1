#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "layers/norm.h"
#include "layers/transformer.h"

namespace maskscope {

/// Hiera's block (Ryali et al., ICML 2023, Sec. 3): attention inside groups of tokens or over all of them, where queries may be
/// pooled to fewer tokens, and an MLP. Tokens come as [B, P * U, D], P places in each of U mask units, the place slowest: the first digit of the
/// place tells neighbours apart that pooling joins, and a group of g tokens has the places p, p + P / g, p + 2 P / g, ... of one unit.
class UnitBlock : public torch::nn::Module {
public:
    struct Shape {
        std::int64_t inputWidth = 0, pooled = 1;  // tokens that become one: the largest of each channel's values
        std::int64_t group = 0;                   // tokens that attend to each other; 0: all
    };
    /// @param params  width (of the result), heads, MLP, activation and norms
    UnitBlock(const TransformerParams& params, const Shape& shape, double dropChance);

    /// @param x              [B, L, input width]
    /// @param keyReal        [B, L] bool, false = padding; undefined: all are real
    /// @param probabilities  receives [B, groups, heads, queries, keys] if not null
    /// @param mlpOutput      receives what the MLP adds if not null
    /// @return               [B, L / pooled, D]
    at::Tensor forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities, at::Tensor* mlpOutput = nullptr);

private:
    at::Tensor attention(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities);
    at::Tensor pooled(const at::Tensor& x) const;

    TransformerParams params_;
    Shape shape_;
    double dropChance_;
    std::shared_ptr<Norm> norm1_, norm2_;
    torch::nn::Linear qkv_, proj_, widen_, fc1_, fc2_;
};

}  // namespace maskscope
