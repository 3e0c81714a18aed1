#include "encoders/swin.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/drop_path.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr double kEmbedNormEps = 1e-5;  // fixed in the reference implementations

/// One value for every stage, as given or repeated. @throws RecipeError through the reader
std::vector<std::int64_t> oneAStage(ParamReader& reader, const char* key, std::vector<std::int64_t> values, std::size_t stages) {
    if (values.size() == 1) values.resize(stages, values.front());
    if (!reader.isDocumenting() && values.size() != stages)
        reader.fail(key, fmt::format("has {} values, expected 1 or {}, one for every stage", values.size(), stages));
    return values;
}

/// Shrinks a window to a side that it covers; then there is nowhere to shift to.
void fit(std::int64_t side, std::int64_t& window, std::int64_t& shift) {
    if (side > window) return;
    window = side;
    shift = 0;
}

}  // namespace

Swin::Params Swin::Params::read(ParamReader& reader) {
    Params p;
    p.stemPatch = reader.integer("stem_patch", 4, Range::atLeast(1),
                                 "side of the first patches, in pixels; input.patch is this times 2 for every further stage");
    p.width = reader.integer("width", 96, Range::atLeast(1), "channels of a token in the first stage; they double with every stage");
    p.depths = reader.integers("depths", {2, 2, 6, 2}, Range::atLeast(1), "blocks of every stage");
    p.heads = oneAStage(reader, "heads", reader.integers("heads", {3, 6, 12, 24}, Range::atLeast(1), "attention heads of every stage"), p.stages());
    p.windowRows = oneAStage(
        reader, "window", reader.integers("window", {7}, Range::atLeast(1), "rows of a window, in tokens: one number, or one a stage"), p.stages());
    p.windowColumns = reader.integers("window_columns", p.windowRows, Range::atLeast(1), "columns of a window; as many as rows where not given");
    p.windowColumns = oneAStage(reader, "window_columns", p.windowColumns, p.stages());
    p.windowFit = reader.choice("window_fit", "axis", {"axis", "smaller", "rows", "none"},
                                "which grids are small enough for windows to shrink to them and not to shift: each axis by itself, by the smaller "
                                "side, by the rows of the configured image, or none (timm, Hugging Face's Swin and its Swin V2, backbones)");
    p.shifts = reader.flag("shift", true, "whether windows of every second block shift by half a window (MixMAE: no)");
    p.padsBeforeShift = reader.flag("pad_before_shift", false, "whether grids that windows do not divide are filled up before they are shifted");
    p.strangerPenalty = reader.number("shift_penalty", 100.0, Range::positive(), "taken off the score of tokens that only the shift made neighbours");
    p.version = std::stoll(
        reader.choice("version", "1", {"1", "2"}, "2: cosine attention, norms before the residual sums, positions from a small network (Swin V2)"));
    p.knownWindows =
        oneAStage(reader, "known_window",
                  reader.integers("known_window", {0}, Range::atLeast(0),
                                  "version 2: side of the windows that positions are measured in, those of an earlier training; 0: the window's own"),
                  p.stages());
    p.headWidth = reader.integer("head_width", 0, Range::atLeast(0), "channels of an attention head; 0: the stage's width / heads");
    p.mlpRatio = reader.number("mlp_ratio", 4.0, Range::positive(), "hidden width of the MLP, in units of the width");
    p.qkvBias = reader.flag("qkv_bias", true, "whether query, key and value have biases (version 2: query and value)");
    p.normEps = reader.number("norm_eps", 1e-5, Range::positive(), "added to the variance in norms");
    p.dropPath = reader.number("drop_path", 0.0, {.min = 0, .max = 1, .openMax = true},
                               "chance that a sample skips the last block's branches, growing linearly from 0 at the first (stochastic depth)");
    p.activation = readActivation(reader, "gelu");
    p.positions =
        reader.choice("positions", "none", {"none", "learned", "sincos"}, "positions added to the first tokens, besides those inside windows");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

Swin::Swin(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'swin'")), stemInput_(input_) {
    const std::int64_t stride = params.totalStride();
    if (input_.patchHeight != stride || input_.patchWidth != stride)
        throw RecipeError(fmt::format(
            "input.patch is {} x {}, but a token of the last of {} stages of encoder 'swin' covers {} x {} pixels; set input.patch = [{}, {}]",
            input_.patchHeight, input_.patchWidth, params.stages(), stride, stride, stride, stride));
    stemInput_.patchHeight = stemInput_.patchWidth = params.stemPatch;
    patchEmbedding_ = register_module("patch_embed", std::make_shared<PatchEmbedding>(stemInput_, params.width));
    embedNorm_ = register_module("embed_norm", std::make_shared<Norm>("layer", params.width, kEmbedNormEps));
    positions_ = register_module("pos_embed", std::make_shared<PositionTable>(params.positions, InputSpec{stemInput_}, params.width));
    for (std::size_t stage = 0; stage < params.stages(); ++stage) addStage(stage);
    norm_ = register_module("norm", std::make_shared<Norm>("layer", width(), params.normEps));
}

std::shared_ptr<WindowBias> Swin::makeBias(std::size_t stage) const {
    if (params_.version == 2) return std::make_shared<ContinuousWindowBias>(params_.heads[stage], params_.knownWindows[stage]);
    // timm's tables have the size of the windows that its grids leave room for.
    const std::int64_t rows = params_.windowRows[stage], columns = params_.windowColumns[stage];
    if (params_.windowFit != "axis") return std::make_shared<WindowBiasTable>(rows, columns, params_.heads[stage]);
    std::int64_t gridRows = stemInput_.gridRows(), gridColumns = stemInput_.gridColumns();
    for (std::size_t i = 0; i < stage; ++i) {
        gridRows = (gridRows + 1) / 2;
        gridColumns = (gridColumns + 1) / 2;
    }
    return std::make_shared<WindowBiasTable>(std::min(rows, gridRows), std::min(columns, gridColumns), params_.heads[stage]);
}

void Swin::addStage(std::size_t stage) {
    const bool isSecond = params_.version == 2;
    TransformerParams block{.width = params_.widthOf(stage), .heads = params_.heads[stage], .mlpRatio = params_.mlpRatio, .qkvBias = params_.qkvBias};
    block.normEps = params_.normEps;
    block.normPlace = isSecond ? NormPlace::Branch : NormPlace::Before;
    block.activation = params_.activation;
    block.keyBias = !isSecond;
    block.cosine = isSecond;
    block.headWidth = params_.headWidth;
    std::int64_t number = std::accumulate(params_.depths.begin(), params_.depths.begin() + static_cast<std::ptrdiff_t>(stage), std::int64_t{0});
    Stage made;
    for (std::int64_t i = 0; i < params_.depths[stage]; ++i, ++number) {
        const std::string name = fmt::format("block{}", number);
        const double drop = dropPathOfBlock(params_.dropPath, number, depth());
        made.blocks.push_back(register_module(name, std::make_shared<TransformerBlock>(block, drop)));
        made.biases.push_back(register_module(name + "_window", makeBias(stage)));
    }
    if (stage + 1 < params_.stages())
        made.merging = register_module(fmt::format("merge{}", stage),
                                       std::make_shared<PatchMerging>(params_.widthOf(stage), params_.widthOf(stage + 1), isSecond));
    stages_.push_back(std::move(made));
}

std::int64_t Swin::depth() const { return std::accumulate(params_.depths.begin(), params_.depths.end(), std::int64_t{0}); }

bool Swin::honours(const Corruption& corruption) const {
    if (corruption.kind == CorruptionKind::None) return true;
    if (corruption.kind == CorruptionKind::Mix) return corruption.place == CorruptionPlace::Input;
    return corruption.place == CorruptionPlace::Embedding && (corruption.kind == CorruptionKind::Token || corruption.kind == CorruptionKind::Zero);
}

void Swin::prepare(const Corruption& corruption) {
    if (corruption.kind == CorruptionKind::Token && !maskToken_.defined())
        maskToken_ = register_parameter("mask_token", torch::zeros({params_.width}));
}

GridWindows Swin::windowsOf(std::size_t stage, std::int64_t block, std::int64_t rows, std::int64_t columns) const {
    GridWindows windows{.rows = rows, .columns = columns, .windowRows = params_.windowRows[stage], .windowColumns = params_.windowColumns[stage]};
    windows.padsBeforeShift = params_.padsBeforeShift;
    if (params_.shifts && block % 2 == 1) {
        windows.shiftRows = windows.windowRows / 2;
        windows.shiftColumns = windows.windowColumns / 2;
    }
    if (params_.windowFit == "axis") {
        fit(rows, windows.windowRows, windows.shiftRows);
        fit(columns, windows.windowColumns, windows.shiftColumns);
    } else if (params_.windowFit != "none") {
        const std::int64_t side = params_.windowFit == "smaller" ? std::min(rows, columns) : stemInput_.gridRows() >> stage;
        fit(side, windows.windowRows, windows.shiftRows);
        fit(side, windows.windowColumns, windows.shiftColumns);
    }
    return windows;
}

/// @param groups  [B, rows * columns] float, or undefined: tokens of different numbers do not attend to each other
at::Tensor Swin::biasOf(WindowBias& bias, const GridWindows& windows, const at::Tensor& groups) const {
    at::Tensor places = bias.of(windows.windowRows, windows.windowColumns).unsqueeze(0);
    if (windows.isShifted()) places = places - windows.strangers().to(places.options()).unsqueeze(1) * params_.strangerPenalty;
    if (!groups.defined()) return places;
    const at::Tensor group = windows.split(groups.unsqueeze(-1));  // [B * W, L, 1]
    if (places.size(0) > 1) places = places.repeat({group.size(0) / places.size(0), 1, 1, 1});
    return places.masked_fill(group.ne(group.transpose(1, 2)).unsqueeze(1), -std::numeric_limits<double>::infinity());
}

/// A value for every patch of the recipe on the grid of tokens that cover `tokenSide` pixels. @param perPatch  [B, N]   @return [B, tokens]
at::Tensor Swin::onGrid(const at::Tensor& perPatch, std::int64_t tokenSide) const {
    const std::int64_t side = input_.patchHeight / tokenSide;
    return perPatch.view({perPatch.size(0), input_.gridRows(), input_.gridColumns()})
        .repeat_interleave(side, 1)
        .repeat_interleave(side, 2)
        .flatten(1);
}

at::Tensor Swin::embed(const at::Tensor& pixels, const at::Tensor& hidden, CorruptionKind kind, const at::Tensor& positions) {
    at::Tensor tokens = embedNorm_->forward(patchEmbedding_->forward(patchify(pixels, params_.stemPatch, params_.stemPatch)));
    if (hidden.defined()) {
        const at::Tensor weight = hidden.to(tokens.device(), tokens.scalar_type()).unsqueeze(-1);
        tokens = tokens * (1 - weight);
        if (kind == CorruptionKind::Token) tokens = tokens + maskToken_ * weight;
    }
    return positions.defined() ? tokens + positions : positions_->addTo(tokens, {});
}

StageTokens Swin::runStage(std::size_t stage, at::Tensor x, std::int64_t rows, std::int64_t columns, const at::Tensor& groups, const Taps& taps,
                           Features& features) {
    const bool isLast = stage + 1 == params_.stages();
    StageTokens said{.rows = rows, .columns = columns};
    if (taps.layers && isLast) features.embedded = x;
    for (std::size_t i = 0; i < stages_[stage].blocks.size(); ++i) {
        const GridWindows windows = windowsOf(stage, static_cast<std::int64_t>(i), rows, columns);
        AttentionContext context;
        context.windows = &windows;
        context.bias = biasOf(*stages_[stage].biases[i], windows, groups);
        at::Tensor mlp;
        x = stages_[stage].blocks[i]->forward(x, context, taps.attentions ? &said.attention : nullptr, taps.layers ? &mlp : nullptr);
        if (!isLast) continue;
        if (taps.layers) {
            features.layers.push_back(x);
            features.mlps.push_back(mlp);
        }
        if (taps.attentions) features.attentions.push_back(windows.spread(said.attention));
    }
    said.tokens = x;
    said.merged = isLast ? x : stages_[stage].merging->forward(x, rows, columns);
    return said;
}

std::vector<StageTokens> Swin::runStages(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns, const Taps& taps, Features& features,
                                         const at::Tensor& apart) {
    std::vector<StageTokens> said;
    at::Tensor x = tokens;
    for (std::size_t stage = 0; stage < params_.stages(); ++stage) {
        const at::Tensor groups = apart.defined() ? onGrid(apart, params_.stemPatch << stage) : apart;
        said.push_back(runStage(stage, x, rows, columns, groups, taps, features));
        x = said.back().merged;
        rows = (rows + 1) / 2;
        columns = (columns + 1) / 2;
    }
    return said;
}

Features Swin::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    at::Tensor pixels = view.pixels(), hidden, apart;
    if (pixels.size(1) != input_.channels || pixels.size(2) != input_.height || pixels.size(3) != input_.width)
        throw ShapeError(fmt::format("the Swin Transformer was made for images of {} x {} x {} (channels, height, width), found {} x {} x {}",
                                     input_.channels, input_.height, input_.width, pixels.size(1), pixels.size(2), pixels.size(3)));
    if (corruption.kind != CorruptionKind::None) {
        if (plan.copies() > 1) pixels = pixels.repeat_interleave(plan.copies(), 0);
        const Mask& mask = plan.mask(corruption.role);
        if (corruption.kind == CorruptionKind::Mix) {
            pixels = mixedPixels(pixels, mask, input_);
            apart = mask.hidden.to(pixels.options());
        } else {
            hidden = onGrid(mask.hidden, params_.stemPatch);
        }
    }
    Features features;
    features.geometry = Geometry::grid(pixels.size(0), {input_.gridRows(), input_.gridColumns()});
    const at::Tensor tokens = embed(pixels, hidden, corruption.kind);
    features.tokens = normalize(runStages(tokens, stemInput_.gridRows(), stemInput_.gridColumns(), taps, features, apart).back().tokens);
    return features;
}

std::int64_t Swin::layerOf(const std::string& parameterName) const {
    if (parameterName.compare(0, 5, "block") == 0) return 1 + std::stoll(parameterName.substr(5));
    if (parameterName.compare(0, 5, "merge") == 0) {
        const auto last = params_.depths.begin() + 1 + std::stoll(parameterName.substr(5));
        return std::accumulate(params_.depths.begin(), last, std::int64_t{0});
    }
    return parameterName.compare(0, 4, "norm") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
