#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Lets layers that this thread runs compute as fused operations, which round differently.
class FusedScope {
public:
    /// @param open  false: they do not in this scope either
    explicit FusedScope(bool open = true);
    ~FusedScope();
    FusedScope(const FusedScope&) = delete;
    FusedScope& operator=(const FusedScope&) = delete;

    static bool isOpen();
    /// Whether an operation on x may be fused here: the scope is open, x is float on a CPU, and no autocast asks for another precision.
    static bool covers(const at::Tensor& x);

private:
    bool outer_;
};

/// What a transformer block with norms before attention and MLP consists of (TransformerBlock).
struct FusedBlockParams {
    at::Tensor norm1Weight, norm1Bias;  // [D]
    at::Tensor qkvWeight, qkvBias;      // [3 D, D], [3 D]
    at::Tensor projWeight, projBias;    // [D, D], [D]
    at::Tensor norm2Weight, norm2Bias;  // [D]
    at::Tensor fc1Weight, fc1Bias;      // [H, D], [H]
    at::Tensor fc2Weight, fc2Bias;      // [D, H], [D]
    std::int64_t heads = 1;
    double scale = 1.0, eps = 1e-6;
};

/// x + attention(norm(x)), then the same with an exact-GELU MLP, as one operation: it keeps the input, queries, keys and values, what attention
/// mixed, the sum in the middle and the MLP's hidden values for its backward pass, and computes everything else again. Where LibTorch has
/// several threads, each takes a share of the samples.
/// @param x           [B, L, D] float32 on the CPU
/// @param keyReal     [B, L] bool, false = padding that nobody attends to; undefined: all are real
/// @param firstQuery  tokens before it give keys and values alone
/// @return            [B, L - firstQuery, D]; equal to the block's own up to rounding
at::Tensor fusedBlock(const at::Tensor& x, const FusedBlockParams& params, const at::Tensor& keyReal, std::int64_t firstQuery);

}  // namespace maskscope
