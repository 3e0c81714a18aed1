#include "encoders/hiera.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/drop_path.h"
#include "tensor/gather.h"

namespace maskscope {
namespace {

/// For every place of a unit, the number that it has inside: its digits in the base of the pooling stride, the lowest first.
/// @return [rows * columns] int64, by place in image order
at::Tensor innerNumbers(Hiera::Pair stride, std::int64_t digits) {
    const auto power = [&](std::int64_t base) { return static_cast<std::int64_t>(std::llround(std::pow(base, digits))); };
    const std::int64_t rows = power(stride.rows), columns = power(stride.columns);
    at::Tensor row = at::arange(rows, at::kLong).unsqueeze(1).expand({rows, columns}),
               column = at::arange(columns, at::kLong).expand({rows, columns});
    at::Tensor number = at::zeros({rows, columns}, at::kLong);
    for (std::int64_t i = 0; i < digits; ++i) {
        number = number * stride.area() + row.remainder(stride.rows) * stride.columns + column.remainder(stride.columns);
        row = row.div(stride.rows, "floor");
        column = column.div(stride.columns, "floor");
    }
    return number.flatten();
}

Hiera::Pair readPair(ParamReader& reader, const char* key, std::int64_t standard, Range range, const char* help) {
    const std::vector<std::int64_t> sides = reader.integers(key, {standard}, range, help);
    if (!reader.isDocumenting() && sides.size() != 1 && sides.size() != 2)
        reader.fail(key, fmt::format("has {} values, expected 1 or 2, for rows and columns", sides.size()));
    return {sides.front(), sides.back()};
}

std::int64_t power(std::int64_t base, std::int64_t exponent) {
    std::int64_t result = 1;
    for (std::int64_t i = 0; i < exponent; ++i) result *= base;
    return result;
}

}  // namespace

at::Tensor joinUnits(const at::Tensor& maps, std::int64_t unitRows, std::int64_t unitColumns) {
    const std::int64_t batch = maps.size(0), rows = maps.size(2), columns = maps.size(3), width = maps.size(4);
    return maps.view({batch, unitRows, unitColumns, rows, columns, width})
        .permute({0, 1, 3, 2, 4, 5})
        .reshape({batch, unitRows * rows, unitColumns * columns, width});
}

std::int64_t Hiera::Params::widthOf(std::size_t stage) const {
    return static_cast<std::int64_t>(static_cast<double>(width) * std::pow(widthGrowth, static_cast<double>(stage)));
}

Hiera::Pair Hiera::Params::unitSides(std::int64_t poolings) const {
    const std::int64_t digits = static_cast<std::int64_t>(stages()) - 1 - poolings;
    return {power(poolStride.rows, digits), power(poolStride.columns, digits)};
}

Hiera::Pair Hiera::Params::totalStride() const {
    return {stemStride.rows * power(poolStride.rows, pools), stemStride.columns * power(poolStride.columns, pools)};
}

Hiera::Params Hiera::Params::read(ParamReader& reader) {
    Params p;
    p.stemKernel = readPair(reader, "stem_kernel", 7, Range::atLeast(1), "sides of the first patches, in pixels; they may overlap");
    p.stemStride = readPair(reader, "stem_stride", 4, Range::atLeast(1), "pixels from one of the first patches to the next");
    p.stemPadding = readPair(reader, "stem_padding", 3, Range::atLeast(0), "zeros around the image");
    p.width = reader.integer("width", 96, Range::atLeast(1), "channels of a token in the first stage");
    p.widthGrowth = reader.number("width_growth", 2.0, Range::positive(), "how much wider every stage is than the one before");
    p.depths = reader.integers("depths", {2, 3, 16, 3}, Range::atLeast(1), "blocks of every stage");
    p.heads = reader.integers("heads", {1, 2, 4, 8}, Range::atLeast(1), "attention heads of every stage");
    p.unitAttention =
        reader.integers("unit_attention", {1, 1, 0, 0}, Range::between(0, 1), "for every stage, 1: attention inside mask units, 0: over all tokens");
    p.pools = reader.integer("pools", 3, Range::atLeast(0), "stages after the first that begin by pooling tokens");
    p.poolStride = readPair(reader, "pool_stride", 2, Range::atLeast(1),
                            "tokens that pooling joins, along a side; a mask unit has this to the power of stages - 1");
    p.mlpRatio = reader.number("mlp_ratio", 4.0, Range::positive(), "hidden width of the MLP, in units of the width");
    p.normEps = reader.number("norm_eps", 1e-6, Range::positive(), "added to the variance in norms");
    p.dropPath = reader.number("drop_path", 0.0, {.min = 0, .max = 1, .openMax = true},
                               "chance that a sample skips the last block's branches, growing linearly from 0 at the first (stochastic depth)");
    p.fuses = reader.flag("fuse", true,
                          "whether the features are the sum of all stages' maps, with a norm (as in pre-training), or the last stage's alone");
    p.activation = readActivation(reader, "gelu");
    p.positions = reader.choice("positions", "learned", {"learned", "sincos", "none"}, "positions added to the first tokens");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    if (reader.isDocumenting()) return p;
    if (p.heads.size() != p.stages())
        reader.fail("heads", fmt::format("has {} values, expected {}, one for every stage of depths", p.heads.size(), p.stages()));
    if (p.unitAttention.size() != p.stages())
        reader.fail("unit_attention", fmt::format("has {} values, expected {}, one for every stage of depths", p.unitAttention.size(), p.stages()));
    if (p.pools >= static_cast<std::int64_t>(p.stages()))
        reader.fail("pools", fmt::format("is {}, expected less than the {} stages", p.pools, p.stages()));
    return p;
}

Hiera::Hiera(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'hiera'")), stemInput_(input_) {
    const Pair stride = params.totalStride();
    if (input_.patchHeight != stride.rows || input_.patchWidth != stride.columns)
        throw RecipeError(
            fmt::format("input.patch is {} x {}, but a token of the last stage of encoder 'hiera' covers {} x {} pixels; set input.patch = [{}, {}]",
                        input_.patchHeight, input_.patchWidth, stride.rows, stride.columns, stride.rows, stride.columns));
    stemInput_.patchHeight = params.stemStride.rows;
    stemInput_.patchWidth = params.stemStride.columns;
    unitGrid(input_.height, input_.width);
    torch::nn::Conv2dOptions stem(input_.channels, params.width, {params.stemKernel.rows, params.stemKernel.columns});
    stem.stride({params.stemStride.rows, params.stemStride.columns}).padding({params.stemPadding.rows, params.stemPadding.columns});
    stem_ = register_module("stem", torch::nn::Conv2d(stem));
    positions_ = register_module("pos_embed", std::make_shared<PositionTable>(params.positions, InputSpec{stemInput_}, params.width));
    for (std::size_t stage = 0; stage < params.stages(); ++stage) addStage(stage);
    if (params.fuses) addFusion();
}

Hiera::Pair Hiera::unitGrid(std::int64_t height, std::int64_t width) const {
    const Pair unit = params_.unitSides(0);
    const std::int64_t rows = unit.rows * params_.stemStride.rows, columns = unit.columns * params_.stemStride.columns;
    if (height % rows != 0 || width % columns != 0)
        throw ShapeError(
            fmt::format("mask units of {} x {} pixels do not divide an image of {} x {} (height x width)", rows, columns, height, width));
    return {height / rows, width / columns};
}

void Hiera::addStage(std::size_t stage) {
    const std::int64_t area = params_.poolStride.area();
    std::int64_t number = std::accumulate(params_.depths.begin(), params_.depths.begin() + static_cast<std::ptrdiff_t>(stage), std::int64_t{0});
    TransformerParams block{.width = params_.widthOf(stage), .heads = params_.heads[stage], .mlpRatio = params_.mlpRatio};
    block.normEps = params_.normEps;
    block.activation = params_.activation;
    // What a unit holds after so many stages as if all of them pooled: Hiera's own rule, whatever `pools` says.
    const std::int64_t unit = params_.unitSides(0).area() / power(area, static_cast<std::int64_t>(stage));
    std::vector<std::shared_ptr<UnitBlock>> blocks;
    for (std::int64_t i = 0; i < params_.depths[stage]; ++i, ++number) {
        const bool enters = i == 0 && stage > 0;
        UnitBlock::Shape shape{.inputWidth = enters ? params_.widthOf(stage - 1) : block.width};
        shape.pooled = enters && static_cast<std::int64_t>(stage) <= params_.pools ? area : 1;
        // The first block of a stage still attends as the stage before did, on its grid.
        const bool inUnits = params_.unitAttention[stage] != 0 || (i == 0 && params_.unitAttention[stage > 0 ? stage - 1 : 0] != 0);
        shape.group = inUnits ? unit * shape.pooled : 0;
        blocks.push_back(register_module(fmt::format("block{}", number),
                                         std::make_shared<UnitBlock>(block, shape, dropPathOfBlock(params_.dropPath, number, depth()))));
    }
    stages_.push_back(std::move(blocks));
}

void Hiera::addFusion() {
    const Pair last = params_.unitSides(params_.pools);
    for (std::int64_t i = 0; i < params_.pools; ++i) {
        const Pair sides = params_.unitSides(i);
        torch::nn::Conv2dOptions options(params_.widthOf(static_cast<std::size_t>(i)), width(),
                                         {sides.rows / last.rows, sides.columns / last.columns});
        options.stride({sides.rows / last.rows, sides.columns / last.columns});
        fusion_.push_back(register_module(fmt::format("fuse{}", i), torch::nn::Conv2d(options)));
    }
    norm_ = register_module("norm", std::make_shared<Norm>("layer", width(), params_.normEps));
}

std::int64_t Hiera::depth() const { return std::accumulate(params_.depths.begin(), params_.depths.end(), std::int64_t{0}); }

bool Hiera::honours(const Corruption& corruption) const {
    if (corruption.kind == CorruptionKind::None) return true;
    return corruption.kind == CorruptionKind::Drop && corruption.place == CorruptionPlace::Embedding && params_.unitSides(params_.pools).area() == 1;
}

at::Tensor Hiera::visiblePixels(const at::Tensor& pixels, const at::Tensor& kept, const at::Tensor& keptReal) const {
    const Pair grid = unitGrid(pixels.size(2), pixels.size(3));
    const at::Tensor stays = keptReal.defined() ? keptReal.to(pixels.options()) : at::ones(kept.sizes(), pixels.options());
    const at::Tensor visible = at::zeros({pixels.size(0), grid.area()}, pixels.options()).scatter_add(1, kept, stays).clamp_max(1);
    return pixels * visible.view({-1, 1, grid.rows, grid.columns})
                        .repeat_interleave(pixels.size(2) / grid.rows, 2)
                        .repeat_interleave(pixels.size(3) / grid.columns, 3);
}

at::Tensor Hiera::embed(const at::Tensor& pixels, const at::Tensor& kept, const at::Tensor& keptReal, const at::Tensor& positions) {
    const Pair grid = unitGrid(pixels.size(2), pixels.size(3)), unit = params_.unitSides(0);
    at::Tensor tokens = stem_->forward(kept.defined() ? visiblePixels(pixels, kept, keptReal) : pixels).flatten(2).transpose(1, 2);
    tokens = positions.defined() ? tokens + positions : positions_->addTo(tokens, {});
    const std::int64_t batch = tokens.size(0), width = tokens.size(2), places = unit.area();
    // [B, U, P, D], P in image order, then by its inner number.
    const at::Tensor inUnits = tokens.view({batch, grid.rows, unit.rows, grid.columns, unit.columns, width})
                                   .permute({0, 1, 3, 2, 4, 5})
                                   .reshape({batch, grid.area(), places, width});
    const at::Tensor byNumber = innerNumbers(params_.poolStride, static_cast<std::int64_t>(params_.stages()) - 1).argsort().to(tokens.device());
    at::Tensor units = inUnits.index_select(2, byNumber);
    if (kept.defined()) units = takeTokens(units.flatten(2), kept).view({batch, kept.size(1), places, width});
    return units.transpose(1, 2).reshape({batch, -1, width});
}

at::Tensor Hiera::unitMaps(const at::Tensor& tokens, std::int64_t poolings) const {
    const Pair unit = params_.unitSides(poolings);
    const at::Tensor numbers = innerNumbers(params_.poolStride, static_cast<std::int64_t>(params_.stages()) - 1 - poolings).to(tokens.device());
    const std::int64_t batch = tokens.size(0), width = tokens.size(2), units = tokens.size(1) / unit.area();
    return tokens.view({batch, unit.area(), units, width})
        .index_select(1, numbers)
        .transpose(1, 2)
        .reshape({batch, units, unit.rows, unit.columns, width});
}

std::vector<Hiera::Stage> Hiera::runStages(const at::Tensor& tokens, const at::Tensor& keyReal, const Taps& taps, Features& features) {
    std::vector<Stage> said;
    at::Tensor x = tokens;
    const bool isInOrder = params_.unitSides(params_.pools).area() == 1;  // the last stage's tokens are the units
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
        const bool isLast = isInOrder && stage + 1 == stages_.size();
        Stage now;
        for (const auto& block : stages_[stage]) {
            const at::Tensor real = keyReal.defined() ? keyReal.narrow(1, 0, x.size(1)) : keyReal;
            at::Tensor mlp;
            if (taps.layers && isLast && features.layers.empty()) features.embedded = x;
            x = block->forward(x, real, taps.attentions ? &now.attention : nullptr, taps.layers ? &mlp : nullptr);
            if (taps.layers && isLast) {
                features.layers.push_back(x);
                features.mlps.push_back(mlp);
            }
            if (taps.attentions && isLast && now.attention.size(1) == 1) features.attentions.push_back(now.attention.select(1, 0));
        }
        now.tokens = x;
        said.push_back(now);
    }
    return said;
}

at::Tensor Hiera::fuse(const std::vector<Stage>& stages) {
    at::Tensor sum = unitMaps(stages.back().tokens, params_.pools);
    const std::int64_t batch = sum.size(0), units = sum.size(1);
    for (std::size_t i = 0; i < fusion_.size(); ++i) {
        const at::Tensor maps = unitMaps(stages[i].tokens, poolingsBy(i)).flatten(0, 1).permute({0, 3, 1, 2});
        sum = sum + fusion_[i]->forward(maps).permute({0, 2, 3, 1}).reshape(sum.sizes());
    }
    const at::Tensor byNumber =
        innerNumbers(params_.poolStride, static_cast<std::int64_t>(params_.stages()) - 1 - params_.pools).argsort().to(sum.device());
    const at::Tensor places = sum.reshape({batch, units, byNumber.size(0), width()}).index_select(2, byNumber);
    return norm_->forward(places.transpose(1, 2).reshape({batch, -1, width()}));
}

Features Hiera::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    at::Tensor pixels = view.pixels(), kept, keptReal, keyReal;
    if (pixels.size(1) != input_.channels || pixels.size(2) != input_.height || pixels.size(3) != input_.width)
        throw ShapeError(fmt::format("the Hiera was made for images of {} x {} x {} (channels, height, width), found {} x {} x {}", input_.channels,
                                     input_.height, input_.width, pixels.size(1), pixels.size(2), pixels.size(3)));
    Features features;
    features.dropped = corruption.kind == CorruptionKind::Drop;
    if (features.dropped) {
        if (plan.copies() > 1) pixels = pixels.repeat_interleave(plan.copies(), 0);
        const TokenSplit& split = plan.split(corruption.role);
        kept = split.visible.to(pixels.device());
        if (split.visibleReal.defined()) {
            keptReal = split.visibleReal.to(pixels.device());
            keyReal = keptReal.repeat({1, params_.unitSides(0).area()});
        }
    }
    features.geometry = Geometry::grid(pixels.size(0), {input_.gridRows(), input_.gridColumns()});
    const std::vector<Stage> stages = runStages(embed(pixels, kept, keptReal), keyReal, taps, features);
    const at::Tensor tokens = params_.fuses ? fuse(stages) : stages.back().tokens;
    const Pair grid = unitGrid(pixels.size(2), pixels.size(3));
    features.tokens = features.dropped ? tokens : joinUnits(unitMaps(tokens, params_.pools), grid.rows, grid.columns).flatten(1, 2);
    return features;
}

std::int64_t Hiera::layerOf(const std::string& parameterName) const {
    if (parameterName.compare(0, 5, "block") == 0) return 1 + std::stoll(parameterName.substr(5));
    return parameterName.compare(0, 4, "fuse") == 0 || parameterName.compare(0, 4, "norm") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
