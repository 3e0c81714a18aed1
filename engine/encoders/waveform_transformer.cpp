#include "encoders/waveform_transformer.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr const char* kWho = "encoder 'waveform_transformer'";

torch::nn::LayerNorm layerNorm(std::int64_t width, double eps) { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(eps)); }

}  // namespace

WaveformTransformer::Params WaveformTransformer::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(reader, {.width = 768, .depth = 12, .heads = 12, .normEps = 1e-5, .normPlace = NormPlace::After});
    p.features = WaveformFeatureParams::read(reader, {});
    p.positions = ConvolutionPositionParams::read(reader, p.transformer.width, {});
    p.positions.activation = p.features.activation;
    p.frameNorm = reader.flag("frame_norm", p.frameNorm, "a layer norm of the frames before they are projected to the width");
    p.adapterWidth = reader.integer("adapter_width", 0, Range::atLeast(0), "hidden width of an adapter after each block (MMS); 0: there is none");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

WaveformTransformer::WaveformTransformer(const Params& params, const InputSpec& input)
    : params_(params), frameNorm_(nullptr), embedNorm_(nullptr), project_(nullptr) {
    const AudioInput& audio = input.audio(kWho);
    if (audio.window != params.features.window() || audio.hop != params.features.hop())
        throw RecipeError(fmt::format("{}: its convolutions see {} samples every {}, but input.window is {} and input.hop {}; they must agree", kWho,
                                      params.features.window(), params.features.hop(), audio.window, audio.hop));
    const std::int64_t width = params.transformer.width, channels = params.features.channels.back();
    features_ = register_module("features", std::make_shared<WaveformFeatures>(params.features));
    if (params.frameNorm) frameNorm_ = register_module("frame_norm", layerNorm(channels, params.transformer.normEps));
    project_ = register_module("project", torch::nn::Linear(channels, width));
    positions_ = register_module("positions", std::make_shared<ConvolutionPositions>(width, params.positions));
    // Blocks that have their norms after the sums need one before the first.
    if (params.transformer.normPlace == NormPlace::After) embedNorm_ = register_module("embed_norm", layerNorm(width, params.transformer.normEps));
    transformer_ = register_module("transformer", std::make_shared<Transformer>(params.transformer));
    if (params.adapterWidth > 0) addAdapters();
}

void WaveformTransformer::addAdapters() {
    const std::int64_t width = params_.transformer.width;
    for (std::int64_t i = 0; i < depth(); ++i) {
        const std::string name = fmt::format("adapter{}_", i);
        adapters_.push_back({register_module(name + "norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}))),
                             register_module(name + "down", torch::nn::Linear(width, params_.adapterWidth)),
                             register_module(name + "up", torch::nn::Linear(params_.adapterWidth, width))});
    }
}

bool WaveformTransformer::honours(const Corruption& corruption) const {
    return corruption.kind == CorruptionKind::None ||
           ((corruption.kind == CorruptionKind::Token || corruption.kind == CorruptionKind::Zero) && corruption.place == CorruptionPlace::Embedding);
}

void WaveformTransformer::prepare(const Corruption& corruption) {
    if (corruption.kind == CorruptionKind::Token && !maskToken_.defined())
        maskToken_ = register_parameter("mask_token", torch::zeros({params_.transformer.width}));
}

at::Tensor WaveformTransformer::hide(const at::Tensor& x, const at::Tensor& hidden, CorruptionKind kind) const {
    requireShape(hidden, {x.size(0), x.size(1)}, "the mask of the frames");
    const at::Tensor isHidden = hidden.to(x.device()).gt(0.5).unsqueeze(-1);
    return kind == CorruptionKind::Token ? at::where(isHidden, maskToken_.to(x.scalar_type()), x) : x.masked_fill(isHidden, 0.0);
}

at::Tensor WaveformTransformer::adapted(std::size_t layer, const at::Tensor& x) {
    Adapter& adapter = adapters_[layer];
    return x + adapter.up->forward(at::relu(adapter.down->forward(adapter.norm->forward(x))));
}

Features WaveformTransformer::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    const bool corrupts = corruption.kind != CorruptionKind::None;
    Features features;
    features.local = features_->forward(view.tensor("waveform"));
    if (params_.frameNorm) features.local = frameNorm_->forward(features.local);
    at::Tensor x = project_->forward(features.local), valid = view.geometry.valid;
    if (valid.defined()) requireShape(valid, {x.size(0), x.size(1)}, "which frames are real");
    if (corrupts && plan.copies() > 1)
        for (at::Tensor* tensor : {&x, &valid, &features.local})
            if (tensor->defined()) *tensor = tensor->repeat_interleave(plan.copies(), 0);
    if (corrupts) x = hide(x, plan.mask(corruption.role).hidden, corruption.kind);
    if (valid.defined()) x = x.masked_fill(valid.logical_not().unsqueeze(-1), 0.0);
    x = x + positions_->forward(x);
    if (!embedNorm_.is_empty()) x = embedNorm_->forward(x);

    features.geometry = Geometry::sequence(x.size(0), x.size(1), valid);
    for (std::int64_t layer = 0; layer < depth(); ++layer) {
        x = transformer_->runBlock(layer, x, valid, taps, features);
        if (adapters_.empty()) continue;
        x = adapted(static_cast<std::size_t>(layer), x);
        if (taps.layers) features.layers.back() = x;
    }
    features.tokens = transformer_->normalize(x);
    return features;
}

std::int64_t WaveformTransformer::layerOf(const std::string& parameterName) const {
    for (const std::string part : {"transformer.block", "adapter"})
        if (parameterName.compare(0, part.size(), part) == 0) return 1 + std::stoll(parameterName.substr(part.size()));
    return parameterName.compare(0, 11, "transformer") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
