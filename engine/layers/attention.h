#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

namespace maskscope {

/// Multi-head self-attention (Vaswani et al., Attention Is All You Need, NeurIPS 2017, Sec. 3.2). The only attention there
/// is: training, viewing and opened checkpoints all pass through it.
class Attention : public torch::nn::Module {
public:
    /// @throws RecipeError if `heads` does not divide `width`
    Attention(std::int64_t width, std::int64_t heads, bool qkvBias);

    /// @param x              [B, L, D]
    /// @param keyReal        [B, L] bool, false = padding that nobody attends to; undefined: all are real
    /// @param probabilities  receives [B, heads, L, L] (query, key) if not null; the result is the same up to rounding
    /// @return               [B, L, D]
    at::Tensor forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities);

private:
    std::int64_t heads_;
    torch::nn::Linear qkv_, proj_;
};

}  // namespace maskscope
