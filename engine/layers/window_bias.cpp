#include "layers/window_bias.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::int64_t kHiddenWidth = 512;  // of the network in Swin V2
constexpr double kFarthest = 8.0;           // what the largest known offset becomes before the logarithm
constexpr double kMostBias = 16.0;

/// For every query and key of a window, the number of their offset in a table for windows of tableRows x tableColumns.
/// @return [L * L] int64
at::Tensor offsetNumbers(std::int64_t rows, std::int64_t columns, std::int64_t tableRows, std::int64_t tableColumns) {
    const at::Tensor place = at::arange(rows * columns, at::kLong);
    const at::Tensor row = place.div(columns, "floor"), column = place.remainder(columns);
    const at::Tensor down = row.unsqueeze(1) - row + (tableRows - 1), right = column.unsqueeze(1) - column + (tableColumns - 1);
    return (down * (2 * tableColumns - 1) + right).flatten();
}

at::Tensor pick(const at::Tensor& table, const at::Tensor& numbers, std::int64_t length) {
    return table.index_select(0, numbers.to(table.device())).view({length, length, table.size(1)}).permute({2, 0, 1});
}

/// @return [2 side - 1], the offsets -(side - 1) .. side - 1 on Swin V2's logarithmic scale
at::Tensor logOffsets(std::int64_t side, std::int64_t knownSide) {
    const auto unit = static_cast<double>(std::max<std::int64_t>((knownSide > 0 ? knownSide : side) - 1, 1));
    const at::Tensor offset = at::arange(1 - side, side, at::kFloat) / unit * kFarthest;
    return offset.sign() * at::log2(offset.abs() + 1.0) / std::log2(kFarthest);
}

}  // namespace

WindowBiasTable::WindowBiasTable(std::int64_t rows, std::int64_t columns, std::int64_t heads) : rows_(rows), columns_(columns) {
    table_ = register_parameter("table", torch::zeros({(2 * rows - 1) * (2 * columns - 1), heads}));
}

at::Tensor WindowBiasTable::of(std::int64_t rows, std::int64_t columns) {
    if (rows > rows_ || columns > columns_)
        throw ShapeError(fmt::format("a window of {} x {} tokens, but its table of positions was made for {} x {}", rows, columns, rows_, columns_));
    return pick(table_, offsetNumbers(rows, columns, rows_, columns_), rows * columns);
}

ContinuousWindowBias::ContinuousWindowBias(std::int64_t heads, std::int64_t knownWindow) : knownWindow_(knownWindow), fc1_(nullptr), fc2_(nullptr) {
    fc1_ = register_module("fc1", torch::nn::Linear(2, kHiddenWidth));
    fc2_ = register_module("fc2", torch::nn::Linear(torch::nn::LinearOptions(kHiddenWidth, heads).bias(false)));
}

at::Tensor ContinuousWindowBias::of(std::int64_t rows, std::int64_t columns) {
    const std::int64_t tall = 2 * rows - 1, wide = 2 * columns - 1;
    const at::Tensor down = logOffsets(rows, knownWindow_).view({tall, 1}).expand({tall, wide});
    const at::Tensor right = logOffsets(columns, knownWindow_).view({1, wide}).expand({tall, wide});
    const at::Tensor offsets = at::stack({down, right}, -1).reshape({tall * wide, 2}).to(fc1_->weight.options());
    const at::Tensor table = fc2_->forward(at::relu(fc1_->forward(offsets)));
    return pick(table, offsetNumbers(rows, columns, rows, columns), rows * columns).sigmoid() * kMostBias;
}

}  // namespace maskscope
