#include "layers/position_resize.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

at::Tensor resizePositions(const at::Tensor& table, std::int64_t rows, std::int64_t columns, std::int64_t newRows, std::int64_t newColumns,
                           bool antialias) {
    if (table.dim() != 2 || table.size(0) != rows * columns)
        throw ShapeError(fmt::format("a table of {} positions does not belong to a grid of {} x {}", table.size(0), rows, columns));
    if (rows == newRows && columns == newColumns) return table;
    const at::Tensor grid = table.view({1, rows, columns, table.size(1)}).permute({0, 3, 1, 2});
    const at::Tensor resized = antialias ? at::_upsample_bicubic2d_aa(grid, {newRows, newColumns}, false)
                                         : at::upsample_bicubic2d(grid, {newRows, newColumns}, false);
    return resized.permute({0, 2, 3, 1}).reshape({newRows * newColumns, table.size(1)});
}

}  // namespace maskscope
