#include "families/grid_bias_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::int64_t kClassRows = 3;

}  // namespace

void mapRelativeBias(WeightMap& map, const std::string& ours, const std::string& theirs) {
    const at::Tensor table = map.weights().take(theirs);
    if (table.dim() != 2 || table.size(0) <= kClassRows)
        throw DataError(fmt::format("{}: tensor '{}' is [{}], expected a number for every offset and head, and {} for the class token",
                                    map.weights().subject(), theirs, fmt::join(table.sizes(), ", "), kClassRows));
    const std::int64_t offsets = table.size(0) - kClassRows;
    map.add(ours + ".window.table", table.narrow(0, 0, offsets), theirs);
    map.add(ours + ".class_table", table.narrow(0, offsets, kClassRows), theirs);
}

at::Tensor resizeBias(const at::Tensor& table, const ImageInput& from, const ImageInput& to, bool transposed) {
    std::int64_t tall = 2 * from.gridRows() - 1, wide = 2 * from.gridColumns() - 1;
    const std::int64_t newTall = 2 * to.gridRows() - 1, newWide = 2 * to.gridColumns() - 1;
    if (table.dim() != 2 || table.size(0) != tall * wide)
        throw DataError(
            fmt::format("a bias table of {} offsets does not belong to a grid of {} x {} patches, which has {}; file and config do not "
                        "belong together",
                        table.size(0), from.gridRows(), from.gridColumns(), tall * wide));
    if (transposed) std::swap(tall, wide);
    if (tall == newTall && wide == newWide) return table;
    const at::Tensor grid = table.view({1, tall, wide, table.size(1)}).permute({0, 3, 1, 2});
    return at::upsample_bilinear2d(grid, {newTall, newWide}, false).permute({0, 2, 3, 1}).reshape({newTall * newWide, table.size(1)});
}

bool isBiasTable(const std::string& name) { return name.ends_with(".window.table"); }

}  // namespace maskscope
