#include "encoders/series_transformer.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/series.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr double kLongestWave = 10000.0, kPositionDeviation = 0.1;

/// Sines at even channels and cosines at odd ones, of places 0, 1, ... (Vaswani et al., NeurIPS 2017, Sec. 3.5), brought to mean 0 and deviation
/// 0.1 as PatchTST's code does.
at::Tensor wavePositions(std::int64_t places, std::int64_t width) {
    const at::Tensor place = at::arange(places, at::kDouble).unsqueeze(1);
    const at::Tensor frequency = at::arange(0, width, 2, at::kDouble).mul(-std::log(kLongestWave) / static_cast<double>(width)).exp();
    at::Tensor table = at::zeros({places, width}, at::kDouble);
    table.slice(1, 0, width, 2).copy_(at::sin(place * frequency));
    table.slice(1, 1, width, 2).copy_(at::cos(place * frequency.narrow(0, 0, width / 2)));
    table = table - table.mean();
    return (table / table.std() * kPositionDeviation).to(at::kFloat);
}

/// Refuses what a SeriesBlock does not have.
void refuseUnused(const ParamReader& reader, const TransformerParams& p) {
    const auto refuse = [&](const char* key, bool isSet) {
        if (isSet) reader.fail(key, "is set, but blocks over series have nothing of the kind; leave it out");
    };
    refuse("norm", p.normPlace == NormPlace::Branch);
    refuse("drop_path", p.dropPath > 0.0);
    refuse("gated_mlp", p.gatedMlp);
    refuse("mlp_norm", p.mlpNorm);
    refuse("layer_scale", p.layerScale > 0.0);
    refuse("final_norm", p.finalNorm);
}

}  // namespace

SeriesTransformer::Params SeriesTransformer::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(
        reader, {.width = 128, .depth = 3, .heads = 16, .mlpRatio = 2.0, .normEps = 1e-5, .normKind = "batch", .finalNorm = false});
    p.cls = reader.flag("cls", false, "whether a class token runs along with the patches of each series");
    p.acrossSeries = reader.flag("across_series", false, "whether series attend to each other at each time, after attention over time");
    p.sharedEmbedding = reader.flag("shared_embedding", true, "whether the patches of all series are embedded by the same linear map");
    p.hiddenValue = reader.number("hidden_value", 0.0, {}, "what hidden patches are filled with before they are embedded");
    p.positions = reader.choice("positions", "sincos", {"sincos", "learned"}, "how patches know their place: fixed waves, or a learned table");
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    refuseUnused(reader, p.transformer);
    return p;
}

SeriesTransformer::SeriesTransformer(const Params& params, const InputSpec& input)
    : params_(params), input_(input.series("encoder 'series_transformer'")) {
    if (input_.patches() < 1)
        throw RecipeError(fmt::format("encoder 'series_transformer': series of {} times hold no patch of {}; choose a smaller input.patch",
                                      input_.length, input_.patch));
    const std::int64_t width = params.transformer.width, maps = params.sharedEmbedding ? 1 : input_.channels;
    embedWeight_ = register_parameter("embed_weight", torch::zeros({maps, width, input_.patch}));
    embedBias_ = register_parameter("embed_bias", torch::zeros({maps, width}));
    if (params.cls) clsToken_ = register_parameter("cls_token", torch::zeros({width}));
    const std::int64_t places = input_.patches() + (params.cls ? 1 : 0);
    positions_ = params.positions == "learned" ? register_parameter("position_table", torch::zeros({places, width}))
                                               : register_buffer("position_table", wavePositions(places, width));
    for (std::int64_t i = 0; i < depth(); ++i)
        blocks_.push_back(register_module("block" + std::to_string(i), std::make_shared<SeriesBlock>(params.transformer, params.acrossSeries)));
}

bool SeriesTransformer::honours(const Corruption& corruption) const {
    return corruption.kind == CorruptionKind::None || (corruption.kind == CorruptionKind::Zero && corruption.place == CorruptionPlace::Input);
}

/// @param patches  [B, C, N, P]  @return [B, C, L, D] with class tokens and positions
at::Tensor SeriesTransformer::embed(const at::Tensor& patches) const {
    const at::Tensor x = at::matmul(patches, embedWeight_.transpose(1, 2)) + embedBias_.unsqueeze(1);
    if (!params_.cls) return x + positions_;
    return at::cat({clsToken_.expand({x.size(0), x.size(1), 1, width()}), x}, 2) + positions_;
}

/// [B, C, L, D] -> [B, C + C N, D] or [B, C N, D].
at::Tensor SeriesTransformer::flat(const at::Tensor& x) const {
    if (!params_.cls) return x.flatten(1, 2);
    return at::cat({x.select(2, 0), x.narrow(2, 1, x.size(2) - 1).flatten(1, 2)}, 1);
}

Features SeriesTransformer::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    const at::Tensor& series = view.tensor("series");
    requireShape(series, {kAnySize, input_.length, input_.channels}, "the series");
    at::Tensor patches = seriesPatches(series, input_.patch, input_.step());
    if (corruption.kind != CorruptionKind::None) {
        if (plan.copies() > 1) patches = patches.repeat_interleave(plan.copies(), 0);
        const at::Tensor& hidden = plan.mask(corruption.role).hidden;
        requireShape(hidden, {patches.size(0), input_.channels * input_.patches()}, "the mask of the patches");
        patches = patches.masked_fill(hidden.to(patches.device()).gt(0.5).view({patches.size(0), input_.channels, input_.patches(), 1}),
                                      params_.hiddenValue);
    }
    Features features;
    features.geometry = Geometry::grid(patches.size(0), {input_.channels, input_.patches()});
    at::Tensor x = embed(patches);
    if (taps.layers) features.embedded = flat(x);
    for (auto& block : blocks_) {
        at::Tensor probabilities, mlp;
        x = block->forward(x, taps.attentions ? &probabilities : nullptr, taps.layers ? &mlp : nullptr);
        if (taps.attentions) features.attentions.push_back(probabilities);
        if (!taps.layers) continue;
        features.layers.push_back(flat(x));
        features.mlps.push_back(flat(mlp));
    }
    const at::Tensor all = flat(x);
    const std::int64_t prefix = params_.cls ? input_.channels : 0;
    if (prefix > 0) features.prefix = all.narrow(1, 0, prefix);
    features.tokens = all.narrow(1, prefix, all.size(1) - prefix);
    return features;
}

std::int64_t SeriesTransformer::layerOf(const std::string& parameterName) const {
    const std::string block = "block";
    return parameterName.compare(0, block.size(), block) == 0 ? 1 + std::stoll(parameterName.substr(block.size())) : 0;
}

}  // namespace maskscope
