#include "layers/rotary.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

/// base^(-j / count) for j = 0 .. count - 1. @return [count] float
at::Tensor frequencies(std::int64_t count, double base) {
    return 1.0 / at::pow(base, at::arange(count, at::kFloat) / static_cast<double>(count));
}

/// Steps along one side, in those of the reference. @return [side] float
at::Tensor steps(std::int64_t side, std::int64_t reference) {
    const at::Tensor own = at::arange(side, at::kFloat);
    return reference > 0 ? own / static_cast<double>(side) * static_cast<double>(reference) : own;
}

}  // namespace

Rotary sequenceRotary(std::int64_t tokens, std::int64_t headWidth, double base) {
    if (headWidth % 2 != 0) throw ShapeError(fmt::format("rotary positions turn pairs of channels, but a head has {}; choose an even width", headWidth));
    const at::Tensor angles = at::outer(at::arange(tokens, at::kFloat), frequencies(headWidth / 2, base));
    const at::Tensor both = at::cat({angles, angles}, 1);
    return {.cosine = both.cos(), .sine = both.sin()};
}

Rotary gridRotary(const RotaryGrid& grid, std::int64_t headWidth, double base) {
    if (headWidth % 4 != 0)
        throw ShapeError(fmt::format("rotary positions of a grid need heads whose width 4 divides, found {}; choose other widths or heads", headWidth));
    const at::Tensor bands = frequencies(headWidth / 4, base);
    const std::int64_t count = bands.size(0);
    const at::Tensor down = at::outer(steps(grid.rows, grid.referenceRows), bands).view({grid.rows, 1, count});
    const at::Tensor right = at::outer(steps(grid.columns, grid.referenceColumns), bands).view({1, grid.columns, count});
    const at::Tensor angles = at::cat({down.expand({grid.rows, grid.columns, count}), right.expand({grid.rows, grid.columns, count})}, -1)
                                  .reshape({grid.rows * grid.columns, 2 * count})
                                  .repeat_interleave(2, 1);
    return {.cosine = angles.cos(), .sine = angles.sin(), .interleaved = true};
}

Rotary rotaryAt(const Rotary& all, const at::Tensor& indices) {
    Rotary some = all;
    for (at::Tensor* table : {&some.cosine, &some.sine})
        *table = table->index_select(0, indices.reshape(-1)).view({indices.size(0), 1, indices.size(1), table->size(-1)});
    return some;
}

}  // namespace maskscope
