#include "layers/grid_windows.h"

#include <torch/torch.h>

#include "tensor/shape.h"

namespace maskscope {

std::int64_t GridWindows::count() const { return paddedRows() / windowRows * (paddedColumns() / windowColumns); }

at::Tensor GridWindows::split(const at::Tensor& tokens) const {
    requireShape(tokens, {kAnySize, rows * columns, kAnySize}, "tokens of a grid that is cut into windows");
    const std::int64_t batch = tokens.size(0), width = tokens.size(2), tall = paddedRows(), wide = paddedColumns();
    at::Tensor grid = tokens.view({batch, rows, columns, width});
    const auto filled = [&](const at::Tensor& x) {
        return tall == rows && wide == columns ? x : at::constant_pad_nd(x, {0, 0, 0, wide - columns, 0, tall - rows});
    };
    if (padsBeforeShift) grid = filled(grid);
    if (isShifted()) grid = grid.roll({-shiftRows, -shiftColumns}, {1, 2});
    if (!padsBeforeShift) grid = filled(grid);
    return grid.reshape({batch, tall / windowRows, windowRows, wide / windowColumns, windowColumns, width})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({-1, length(), width});
}

at::Tensor GridWindows::join(const at::Tensor& windows) const {
    requireShape(windows, {kAnySize, length(), kAnySize}, "windows of a grid");
    const std::int64_t width = windows.size(2), tall = paddedRows(), wide = paddedColumns();
    at::Tensor grid = windows.view({-1, tall / windowRows, wide / windowColumns, windowRows, windowColumns, width})
                          .permute({0, 1, 3, 2, 4, 5})
                          .reshape({-1, tall, wide, width});
    const auto cut = [&](const at::Tensor& x) { return x.narrow(1, 0, rows).narrow(2, 0, columns); };
    if (!padsBeforeShift) grid = cut(grid);
    if (isShifted()) grid = grid.roll({shiftRows, shiftColumns}, {1, 2});
    if (padsBeforeShift) grid = cut(grid);
    return grid.reshape({-1, rows * columns, width});
}

at::Tensor GridWindows::strangers() const {
    if (!isShifted()) return {};
    // The last window of the rolled grid holds what was there before and what the roll brought from the other border.
    const auto region = [](std::int64_t side, std::int64_t window, std::int64_t shift) {
        const at::Tensor place = at::arange(side, at::kLong);
        return shift == 0 ? at::zeros_like(place) : place.ge(side - window).to(at::kLong) + place.ge(side - shift).to(at::kLong);
    };
    const std::int64_t tall = paddedRows(), wide = paddedColumns();
    const at::Tensor regions = region(tall, windowRows, shiftRows).unsqueeze(1) * 3 + region(wide, windowColumns, shiftColumns);
    const at::Tensor windows =
        regions.view({tall / windowRows, windowRows, wide / windowColumns, windowColumns}).permute({0, 2, 1, 3}).reshape({count(), length()});
    return windows.unsqueeze(2).ne(windows.unsqueeze(1));
}

at::Tensor GridWindows::spread(const at::Tensor& probabilities) const {
    const std::int64_t heads = probabilities.size(1), windows = count(), batch = probabilities.size(0) / windows, tokens = rows * columns;
    // The token at every place of every window; fillings become a last token that is cut off.
    const at::Tensor numbers = at::arange(1, tokens + 1, at::kDouble).view({1, tokens, 1});
    const at::Tensor token = split(numbers).view({windows, length()}).to(at::kLong).sub(1);
    const at::Tensor place = at::where(token.ge(0), token, tokens).to(probabilities.device());
    const at::Tensor pair = (place.unsqueeze(2) * (tokens + 1) + place.unsqueeze(1)).reshape({-1});
    at::Tensor spreadOut = at::zeros({batch, heads, (tokens + 1) * (tokens + 1)}, probabilities.options());
    const at::Tensor values = probabilities.view({batch, windows, heads, length() * length()}).transpose(1, 2).reshape({batch, heads, -1});
    spreadOut.index_add_(2, pair, values);
    return spreadOut.view({batch, heads, tokens + 1, tokens + 1}).narrow(2, 0, tokens).narrow(3, 0, tokens).contiguous();
}

}  // namespace maskscope
