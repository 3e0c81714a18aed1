#pragma once

#include <cstdint>
#include <utility>

namespace at {
class Tensor;
}

namespace maskscope {

/// A square of this many pixels stands for a token: 8, fewer where there are many tokens.
std::int64_t tokenSidePx(std::int64_t rows, std::int64_t columns);

/// A colour a code, the same wherever it occurs; neighbouring codes differ clearly.
/// @param codes  [B, rows * columns] int64, not negative
/// @return       [B, 3, rows * tokenSidePx(), columns * tokenSidePx()] float in 0..1
at::Tensor codeColors(const at::Tensor& codes, std::int64_t rows, std::int64_t columns);

/// The same with given colours. @param palette  [V, 3] float in 0..1
at::Tensor paletteColors(const at::Tensor& codes, const at::Tensor& palette, std::int64_t rows, std::int64_t columns);

/// Vectors by the three directions in which `first` and `second` together vary most, as red, green and blue (Oquab et al., DINOv2, TMLR 2024,
/// Sec. 7.2), each stretched over what `first` covers: equal vectors have equal colours in both.
/// @param first, second  [B, rows * columns, T] float
/// @return               two pictures, [B, 3, rows * tokenSidePx(), columns * tokenSidePx()] float in 0..1; grey where values are not finite
std::pair<at::Tensor, at::Tensor> componentColors(const at::Tensor& first, const at::Tensor& second, std::int64_t rows, std::int64_t columns);

/// A number a token, in viridis. @param values [B, rows * columns] float @param low, high the ends of the scale
at::Tensor valueColors(const at::Tensor& values, std::int64_t rows, std::int64_t columns, double low, double high);

}  // namespace maskscope
