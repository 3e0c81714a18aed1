#include "masks/inverse_block_mask.h"

#include <algorithm>
#include <utility>

#include "masks/mask_rows.h"

namespace maskscope {
namespace {

/// Cells of a plane that stay visible: whole blocks until there are enough of them. At least `wanted` real ones.
std::vector<bool> keptBlocks(const MaskPlane& plane, const std::vector<bool>& real, std::int64_t side, std::int64_t wanted, RandomStream& stream) {
    std::vector<bool> kept(real.size(), false);
    std::int64_t count = 0;
    while (count < wanted) {
        const auto middleRow = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(plane.rows)));
        const auto middleColumn = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(plane.columns)));
        const std::int64_t top = middleRow - side / 2, left = middleColumn - side / 2;
        for (std::int64_t row = std::max<std::int64_t>(top, 0); row < std::min(top + side, plane.rows); ++row)
            for (std::int64_t column = std::max<std::int64_t>(left, 0); column < std::min(left + side, plane.columns); ++column) {
                const std::size_t cell = plane.cell(row, column);
                if (real[cell] && !kept[cell]) ++count;
                kept[cell] = kept[cell] || real[cell];
            }
    }
    return kept;
}

}  // namespace

InverseBlockMask::Params InverseBlockMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.block = reader.integer("block", params.block, Range::between(1, 1 << 12), "side of the blocks that stay visible, in tokens");
    return params;
}

std::vector<Mask> InverseBlockMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    const MaskPlane plane = MaskPlane::of(geometry, "inverse_block");
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        RandomStream stream = draw.stream(row);
        const std::vector<bool> real = masks.realCells(row, plane);
        const std::int64_t total = std::count(real.begin(), real.end(), true), visible = total - hiddenCount(params_.ratio, total);
        std::vector<bool> kept = keptBlocks(plane, real, params_.block, visible, stream);
        std::vector<std::size_t> cells;
        for (std::size_t cell = 0; cell < kept.size(); ++cell)
            if (kept[cell]) cells.push_back(cell);
        const auto order = stream.permutation(static_cast<std::int64_t>(cells.size()));
        for (std::size_t i = static_cast<std::size_t>(visible); i < cells.size(); ++i) kept[cells[static_cast<std::size_t>(order[i])]] = false;
        for (std::size_t cell = 0; cell < real.size(); ++cell)
            if (real[cell] && !kept[cell]) masks.hideCell(row, plane, static_cast<std::int64_t>(cell));
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
