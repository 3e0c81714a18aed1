#include "masks/grid_mask.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "masks/mask_rows.h"

namespace maskscope {
namespace {

/// Places of a regular pattern: one in every side x side cell, and with `centred` another at the cell's centre.
struct Pattern {
    std::int64_t side = 2;
    bool centred = false;
    std::int64_t rowOffset = 0, columnOffset = 0;

    bool contains(const MaskPlane& plane, std::int64_t row, std::int64_t column) const {
        const std::int64_t r = plane.rows == 1 ? 0 : (row + rowOffset) % side, c = (column + columnOffset) % side;
        return (r == 0 && c == 0) || (centred && r == side / 2 && c == side / 2);
    }
};

std::vector<std::int64_t> cellsOf(const Pattern& pattern, const MaskPlane& plane, const std::vector<bool>& real, bool inside) {
    std::vector<std::int64_t> cells;
    for (std::int64_t row = 0; row < plane.rows; ++row)
        for (std::int64_t column = 0; column < plane.columns; ++column)
            if (real[plane.cell(row, column)] && pattern.contains(plane, row, column) == inside)
                cells.push_back(static_cast<std::int64_t>(plane.cell(row, column)));
    return cells;
}

Pattern nearestPattern(const MaskPlane& plane, const std::vector<bool>& real, std::int64_t wanted) {
    Pattern best;
    std::int64_t bestGap = INT64_MAX;
    for (std::int64_t side = 2; side <= std::max(plane.rows, plane.columns); ++side)
        for (const bool centred : {false, true}) {
            if (centred && (plane.rows == 1 || side % 2 != 0)) continue;
            const Pattern pattern{.side = side, .centred = centred};
            const std::int64_t gap = std::abs(static_cast<std::int64_t>(cellsOf(pattern, plane, real, true).size()) - wanted);
            if (gap < bestGap) {
                bestGap = gap;
                best = pattern;
            }
        }
    return best;
}

/// Takes `count` of the cells, at even distances in their order.
std::vector<std::int64_t> evenly(const std::vector<std::int64_t>& cells, std::size_t count) {
    std::vector<std::int64_t> taken;
    for (std::size_t i = 0; i < count; ++i) taken.push_back(cells[(2 * i + 1) * cells.size() / (2 * count)]);
    return taken;
}

/// Exactly `wanted` cells, those of the pattern as far as it goes.
std::vector<std::int64_t> patternCells(const Pattern& pattern, const MaskPlane& plane, const std::vector<bool>& real, std::size_t wanted) {
    std::vector<std::int64_t> cells = cellsOf(pattern, plane, real, true);
    if (cells.size() > wanted) return evenly(cells, wanted);
    const auto more = evenly(cellsOf(pattern, plane, real, false), wanted - cells.size());
    cells.insert(cells.end(), more.begin(), more.end());
    return cells;
}

}  // namespace

GridMask::Params GridMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.randomOffset = reader.flag("random_offset", params.randomOffset, "shift the pattern by a random offset for every sample");
    return params;
}

std::vector<Mask> GridMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    const MaskPlane plane = MaskPlane::of(geometry, "grid");
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        const std::vector<bool> real = masks.realCells(row, plane);
        const std::int64_t total = std::count(real.begin(), real.end(), true), hidden = hiddenCount(params_.ratio, total);
        const bool patternIsVisible = 2 * hidden >= total;
        const std::int64_t wanted = patternIsVisible ? total - hidden : hidden;
        Pattern pattern = nearestPattern(plane, real, wanted);
        if (params_.randomOffset) {
            RandomStream stream = draw.stream(row);
            pattern.rowOffset = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(pattern.side)));
            pattern.columnOffset = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(pattern.side)));
        }
        std::vector<bool> chosen(real.size(), false);
        for (const std::int64_t cell : patternCells(pattern, plane, real, static_cast<std::size_t>(wanted)))
            chosen[static_cast<std::size_t>(cell)] = true;
        for (std::size_t cell = 0; cell < real.size(); ++cell)
            if (chosen[cell] != patternIsVisible) masks.hideCell(row, plane, static_cast<std::int64_t>(cell));
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
