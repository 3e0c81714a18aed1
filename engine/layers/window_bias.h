#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

namespace maskscope {

/// What attention inside a window adds to its scores for the place of the key as the query sees it.
class WindowBias : public torch::nn::Module {
public:
    /// @return [heads, L, L] (query, key), for a window of rows x columns
    virtual at::Tensor of(std::int64_t rows, std::int64_t columns) = 0;
};

/// A learned number for every offset and head (Swin Transformer, ICCV 2021, Eq. 4).
class WindowBiasTable : public WindowBias {
public:
    /// @param rows, columns  of the largest window
    WindowBiasTable(std::int64_t rows, std::int64_t columns, std::int64_t heads);
    /// @throws ShapeError if the window is larger than the table's
    at::Tensor of(std::int64_t rows, std::int64_t columns) override;

private:
    std::int64_t rows_, columns_;
    at::Tensor table_;  // [(2 rows - 1)(2 columns - 1), heads], offsets row by row
};

/// The number comes from a small network that sees the offset on a logarithmic scale, so that windows may change their size
/// (Liu et al., Swin Transformer V2, CVPR 2022, Sec. 3.3). Between 0 and 16.
class ContinuousWindowBias : public WindowBias {
public:
    /// @param knownWindow  side of the windows that offsets are measured in; 0: the window's own sides
    ContinuousWindowBias(std::int64_t heads, std::int64_t knownWindow);
    at::Tensor of(std::int64_t rows, std::int64_t columns) override;

private:
    std::int64_t knownWindow_;
    torch::nn::Linear fc1_, fc2_;
};

}  // namespace maskscope
