#include "masks/multiblock_mask.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/error.h"
#include "masks/mask_rows.h"

namespace maskscope {
namespace {

constexpr int kMostAttempts = 20;  // contexts drawn before all that is left becomes the context

struct Block {
    std::int64_t top = 0, left = 0, height = 1, width = 1;
};

/// The size of a block, smaller than the plane on both sides.
Block sized(const MaskPlane& plane, double scale, double aspect) {
    const double area = scale * static_cast<double>(plane.cells());
    return {.height = std::clamp<std::int64_t>(std::lround(std::sqrt(area * aspect)), 1, plane.rows - 1),
            .width = std::clamp<std::int64_t>(std::lround(std::sqrt(area / aspect)), 1, plane.columns - 1)};
}

Block placed(Block block, const MaskPlane& plane, RandomStream& stream) {
    block.top = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(plane.rows - block.height + 1)));
    block.left = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(plane.columns - block.width + 1)));
    return block;
}

void fill(float* cells, const MaskPlane& plane, const Block& block, float value) {
    for (std::int64_t row = block.top; row < block.top + block.height; ++row) std::fill_n(cells + plane.cell(row, block.left), block.width, value);
}

/// [2] numbers of a range, rising. @throws RecipeError
std::array<double, 2> readRange(ParamReader& reader, const char* key, std::array<double, 2> standard, Range range, const char* help) {
    const std::vector<double> given = reader.numbers(key, {standard[0], standard[1]}, range, help);
    if (given.size() != 2 || given[0] > given[1]) reader.fail(key, "must be two numbers, the smaller first");
    return {given[0], given[1]};
}

}  // namespace

MultiblockMask::Params MultiblockMask::Params::read(ParamReader& reader) {
    Params p;
    const Range share{.min = 0, .max = 1, .openMin = true};
    p.targets = reader.integer("targets", p.targets, Range::between(1, 64), "blocks to predict");
    p.targetScale =
        readRange(reader, "target_scale", p.targetScale, Range::inside(0, 1), "smallest and largest area of a target, as a share of the grid");
    p.targetAspect = readRange(reader, "target_aspect", p.targetAspect, Range::positive(), "smallest and largest height / width of a target");
    p.contextScale =
        readRange(reader, "context_scale", p.contextScale, share, "smallest and largest area of the context's block, before targets are taken out");
    p.minContext = reader.integer("min_context", p.minContext, Range::atLeast(1), "tokens that a context has at least");
    return p;
}

std::vector<Mask> MultiblockMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    const MaskPlane plane = MaskPlane::of(geometry, "multiblock");
    if (plane.frames > 1 || plane.rows < 3 || plane.columns < 3 || geometry.hideable().defined())
        throw ShapeError(fmt::format("mask 'multiblock' needs a plane of at least 3 x 3 tokens without padding, found {} x {} x {}", plane.frames,
                                     plane.rows, plane.columns));
    const auto rows = static_cast<std::int64_t>(draw.samples.size());
    const at::Tensor context = at::ones({rows, plane.cells()});
    std::vector<at::Tensor> targets;
    for (std::int64_t i = 0; i < params_.targets; ++i) targets.push_back(at::zeros({rows, plane.cells()}));
    for (std::int64_t row = 0; row < rows; ++row) {
        RandomStream stream = draw.stream(static_cast<std::size_t>(row));
        const auto cellsOf = [&](const at::Tensor& mask) { return mask.mutable_data_ptr<float>() + row * plane.cells(); };
        const double scale = stream.uniform(params_.targetScale[0], params_.targetScale[1]);
        const Block size = sized(plane, scale, stream.uniform(params_.targetAspect[0], params_.targetAspect[1]));
        std::vector<Block> blocks;
        for (const at::Tensor& target : targets) fill(cellsOf(target), plane, blocks.emplace_back(placed(size, plane, stream)), 1.0F);
        float* hidden = cellsOf(context);
        const auto kept = [&] { return std::count(hidden, hidden + plane.cells(), 0.0F); };
        for (int attempt = 0; attempt <= kMostAttempts && kept() < params_.minContext; ++attempt) {
            const double share = stream.uniform(params_.contextScale[0], params_.contextScale[1]);
            std::fill_n(hidden, plane.cells(), attempt < kMostAttempts ? 1.0F : 0.0F);
            if (attempt < kMostAttempts) fill(hidden, plane, placed(sized(plane, share, 1.0), plane, stream), 0.0F);
            for (const Block& block : blocks) fill(hidden, plane, block, 1.0F);
        }
        if (kept() == 0) throw ShapeError("mask 'multiblock': the targets leave no context; make them fewer or smaller");
    }
    std::vector<Mask> masks(1 + targets.size());
    masks[0].role = "context";
    masks[0].hidden = context;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        masks[i + 1].role = fmt::format("target{}", i);
        masks[i + 1].hidden = targets[i];
    }
    return masks;
}

}  // namespace maskscope
