#include "tensor/positions.h"

#include <cmath>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {

at::Tensor sinCosPositions(std::int64_t rows, std::int64_t columns, std::int64_t width) {
    if (width < 4 || width % 4 != 0)
        throw ShapeError(fmt::format("sine-cosine positions of width {}: expected a multiple of 4, a sine and a cosine for row and column", width));
    if (rows < 1 || columns < 1) throw ShapeError(fmt::format("sine-cosine positions of a grid of {} x {}: expected at least 1 x 1", rows, columns));
    const std::int64_t quarter = width / 4;
    std::vector<double> frequency(static_cast<std::size_t>(quarter));
    for (std::size_t i = 0; i < frequency.size(); ++i) frequency[i] = std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(quarter));

    const at::Tensor positions = at::empty({rows * columns, width}, at::kFloat);
    float* out = positions.mutable_data_ptr<float>();
    const auto write = [&](std::int64_t place) {
        for (const double f : frequency) *out++ = static_cast<float>(std::sin(static_cast<double>(place) * f));
        for (const double f : frequency) *out++ = static_cast<float>(std::cos(static_cast<double>(place) * f));
    };
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t column = 0; column < columns; ++column) {
            write(column);
            write(row);
        }
    return positions;
}

}  // namespace maskscope
