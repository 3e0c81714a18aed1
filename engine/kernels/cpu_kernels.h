#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace maskscope {

/// What a transformer block does beside multiplying matrices, on one core, in float32. Matrices are row-major without gaps: [rows, width].
/// None of it allocates; outputs must not overlap inputs unless it is said.
struct CpuKernels {
    std::string_view name;  // "512-bit vectors" and so on

    /// Layer norm: y = (x - mean) * inverseDeviation * weight + bias. @param statistics  receives mean and inverse deviation, [rows, 2]
    void (*normalize)(const float* x, const float* weight, const float* bias, std::int64_t rows, std::int64_t width, float eps, float* y,
                      float* statistics);
    /// The same y from statistics that are known.
    void (*normalizeAgain)(const float* x, const float* statistics, const float* weight, const float* bias, std::int64_t rows, std::int64_t width,
                           float* y);
    /// Adds the gradient of x to dx, and those of weight and bias to theirs.
    void (*normalizeBackward)(const float* dy, const float* x, const float* statistics, const float* weight, std::int64_t rows, std::int64_t width,
                              float* dx, float* dWeight, float* dBias);

    /// y = x + bias, row by row. @param x  null: zeros. It may be y.
    void (*addBias)(const float* x, const float* bias, std::int64_t rows, std::int64_t width, float* y);
    /// Adds the rows of x to sums [width].
    void (*addRows)(const float* x, std::int64_t rows, std::int64_t width, float* sums);

    /// y [columns, rows] receives x [rows, columns].
    void (*transpose)(const float* x, std::int64_t rows, std::int64_t columns, float* y);

    /// h += bias; activated = GELU(h), the exact one.
    void (*biasGelu)(float* h, const float* bias, std::int64_t rows, std::int64_t width, float* activated);
    /// gradient *= GELU'(h); activated = GELU(h).
    void (*geluBackward)(const float* h, std::int64_t count, float* gradient, float* activated);

    /// Multi-head attention of one sample, softmax(q k^T scale) v, for the queries from `firstQuery` on.
    /// @param qkv      [length, 3, heads, headWidth]
    /// @param keyBias  [length], added to the scores of each key: -infinity where nobody attends to it; null for none
    /// @param mixed    receives [length - firstQuery, heads, headWidth]
    /// @param scratch  attentionScratch() floats
    void (*attend)(const float* qkv, const float* keyBias, std::int64_t length, std::int64_t heads, std::int64_t headWidth, std::int64_t firstQuery,
                   float scale, float* mixed, float* scratch);
    /// @param dMixed  [length - firstQuery, heads, headWidth]
    /// @param dQkv    receives [length, 3, heads, headWidth]; queries before firstQuery get 0
    void (*attendBackward)(const float* qkv, const float* keyBias, const float* dMixed, std::int64_t length, std::int64_t heads,
                           std::int64_t headWidth, std::int64_t firstQuery, float scale, float* dQkv, float* scratch);
    std::int64_t (*attentionScratch)(std::int64_t length, std::int64_t headWidth);
};

/// Those of the widest vectors that this processor has.
const CpuKernels& cpuKernels();

/// Those of every width that this processor has, the widest first.
std::vector<const CpuKernels*> availableCpuKernels();

}  // namespace maskscope
