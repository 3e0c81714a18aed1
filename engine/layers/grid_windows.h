#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// A grid of tokens cut into windows that attend among themselves (Liu et al., Swin Transformer, ICCV 2021, Sec. 3.2). With a
/// shift, the grid is rolled up and to the left first, so that windows straddle the borders of the unshifted ones. Where windows do not
/// divide the grid, zeros fill it up below and to the right.
struct GridWindows {
    std::int64_t rows = 0, columns = 0;              // of the grid
    std::int64_t windowRows = 0, windowColumns = 0;  // tokens of a window
    std::int64_t shiftRows = 0, shiftColumns = 0;    // less than a window
    bool padsBeforeShift = true;                     // else the grid is rolled, then filled up

    /// W, windows a sample.
    std::int64_t count() const;
    /// L, tokens of a window.
    std::int64_t length() const { return windowRows * windowColumns; }
    bool isShifted() const { return shiftRows > 0 || shiftColumns > 0; }

    /// @param tokens  [B, rows * columns, D]   @return [B * W, L, D], the windows of a sample next to each other, row by row
    at::Tensor split(const at::Tensor& tokens) const;
    /// The inverse of split. @return [B, rows * columns, D]
    at::Tensor join(const at::Tensor& windows) const;

    /// Pairs of a window that only the roll brought together. @return [W, L, L] bool on the CPU; undefined without a shift
    at::Tensor strangers() const;

    /// Attention inside windows as attention over the grid: 0 between tokens of different windows.
    /// @param probabilities  [B * W, heads, L, L]   @return [B, heads, rows * columns, rows * columns]
    at::Tensor spread(const at::Tensor& probabilities) const;

private:
    std::int64_t paddedRows() const { return (rows + windowRows - 1) / windowRows * windowRows; }
    std::int64_t paddedColumns() const { return (columns + windowColumns - 1) / windowColumns * windowColumns; }
};

}  // namespace maskscope
