#pragma once

#include <cstdint>

namespace at {
class Tensor;
}

namespace maskscope {

/// Fixed two-dimensional sine-cosine positions as MAE uses them: the first half of the width encodes the column, the
/// second the row; each half is a block of sines, then of cosines, at frequencies 10000^(-i / (width / 4)).
/// @return [rows * columns, width] float
/// @throws ShapeError if width is not divisible by 4
at::Tensor sinCosPositions(std::int64_t rows, std::int64_t columns, std::int64_t width);

}  // namespace maskscope
