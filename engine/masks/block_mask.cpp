#include "masks/block_mask.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "masks/mask_rows.h"

namespace maskscope {
namespace {

/// Grows the mask of one sample on the cells of a plane.
class BlockGrower {
public:
    BlockGrower(const MaskPlane& plane, std::vector<bool> real, const BlockMask::Params& params, RandomStream stream)
        : plane_(plane), real_(std::move(real)), hidden_(real_.size(), false), params_(params), stream_(stream) {
        missing_ = hiddenCount(params.ratio, std::count(real_.begin(), real_.end(), true));
        minArea_ = static_cast<double>(std::min(params.minBlock, missing_));
    }

    std::vector<bool> grow() {
        while (missing_ > 0 && addBlock()) {
        }
        while (missing_ > 0) addCell();
        return std::move(hidden_);
    }

private:
    struct Block {
        std::int64_t top, left, height, width;
    };

    bool addBlock() {
        for (std::int64_t attempt = 0; attempt < params_.maxAttempts; ++attempt) {
            const double area = stream_.uniform(minArea_, static_cast<double>(missing_));
            const double aspect = std::exp(stream_.uniform(std::log(params_.minAspect), -std::log(params_.minAspect)));
            const bool isSequence = plane_.rows == 1;
            const std::int64_t height = isSequence ? 1 : std::max<std::int64_t>(1, std::lround(std::sqrt(area * aspect)));
            const std::int64_t width = std::max<std::int64_t>(1, std::lround(isSequence ? area : std::sqrt(area / aspect)));
            if ((!isSequence && height >= plane_.rows) || width >= plane_.columns) continue;
            const Block block{static_cast<std::int64_t>(stream_.below(static_cast<std::uint64_t>(plane_.rows - height + 1))),
                              static_cast<std::int64_t>(stream_.below(static_cast<std::uint64_t>(plane_.columns - width + 1))), height, width};
            const std::int64_t fresh = freshCells(block);
            if (fresh == 0 || fresh > missing_) continue;
            hideBlock(block);
            return true;
        }
        return false;
    }

    std::int64_t freshCells(const Block& block) const {
        std::int64_t count = 0;
        forEachCell(block, [&](std::size_t cell) { count += real_[cell] && !hidden_[cell] ? 1 : 0; });
        return count;
    }

    void hideBlock(const Block& block) {
        forEachCell(block, [&](std::size_t cell) { hideCell(cell); });
    }

    void hideCell(std::size_t cell) {
        if (!real_[cell] || hidden_[cell]) return;
        hidden_[cell] = true;
        --missing_;
    }

    /// Hides one cell, beside hidden ones where there are such.
    void addCell() {
        std::vector<std::size_t> beside, any;
        for (std::int64_t row = 0; row < plane_.rows; ++row)
            for (std::int64_t column = 0; column < plane_.columns; ++column) {
                const std::size_t cell = plane_.cell(row, column);
                if (!real_[cell] || hidden_[cell]) continue;
                any.push_back(cell);
                if (touchesHidden(row, column)) beside.push_back(cell);
            }
        const auto& choices = beside.empty() ? any : beside;
        hideCell(choices[stream_.below(choices.size())]);
    }

    bool touchesHidden(std::int64_t row, std::int64_t column) const {
        return (row > 0 && hidden_[plane_.cell(row - 1, column)]) || (row + 1 < plane_.rows && hidden_[plane_.cell(row + 1, column)]) ||
               (column > 0 && hidden_[plane_.cell(row, column - 1)]) || (column + 1 < plane_.columns && hidden_[plane_.cell(row, column + 1)]);
    }

    template <typename Visit>
    void forEachCell(const Block& block, Visit visit) const {
        for (std::int64_t row = block.top; row < block.top + block.height; ++row)
            for (std::int64_t column = block.left; column < block.left + block.width; ++column) visit(plane_.cell(row, column));
    }

    MaskPlane plane_;
    std::vector<bool> real_, hidden_;
    BlockMask::Params params_;
    RandomStream stream_;
    std::int64_t missing_ = 0;
    double minArea_ = 0;
};

}  // namespace

BlockMask::Params BlockMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.minBlock = reader.integer("min_block", params.minBlock, Range::atLeast(1), "tokens in the smallest block that is drawn");
    params.minAspect = reader.number("min_aspect", params.minAspect, {.min = 0, .max = 1, .openMin = true},
                                     "smallest height / width of a block; its inverse is the largest");
    params.maxAttempts = reader.integer("max_attempts", params.maxAttempts, Range::atLeast(1),
                                        "how often a block that does not fit is drawn again before single tokens fill up");
    return params;
}

std::vector<Mask> BlockMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    const MaskPlane plane = MaskPlane::of(geometry, "block");
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        const std::vector<bool> hidden = BlockGrower(plane, masks.realCells(row, plane), params_, draw.stream(row)).grow();
        for (std::size_t cell = 0; cell < hidden.size(); ++cell)
            if (hidden[cell]) masks.hideCell(row, plane, static_cast<std::int64_t>(cell));
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
