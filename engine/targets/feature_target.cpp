#include "targets/feature_target.h"

#include <ATen/ops/layer_norm.h>
#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {

FeatureTarget::Params FeatureTarget::Params::read(ParamReader& reader) {
    const std::vector<std::string> kNorms{"none", "layer", "instance"};
    Params p;
    p.topLayers = reader.integer("top_layers", p.topLayers, Range::between(0, 1000),
                                 "how many of the teacher's last layers are averaged; 0: its final features");
    p.take = reader.choice("take", p.take, {"mlp", "block"}, "what stands for a layer: what its MLP adds, or the block's output");
    p.normalizeLayers = reader.choice("normalize_layers", "none", kNorms, "of each layer: over a token's channels, or over a sample's tokens");
    p.normalize = reader.choice("normalize", "none", kNorms, "the same for the mean");
    p.epsilon = reader.number("epsilon", p.epsilon, Range::positive(), "added to variances");
    p.throughHead = reader.flag("through_head", p.throughHead, "whether a moving average of the objective's head goes on from there");
    p.sample = reader.choice("sample", p.sample, {"class", "mean"}, "what stands for a whole sample: the class token, or the mean of its targets");
    p.gradient = reader.flag("gradient", p.gradient, "whether the target's pass learns too, where two looks are compared on equal terms (SimCLR)");
    return p;
}

FeatureTarget::FeatureTarget(const Params& params, const TargetContext& context) : params_(params), width_(context.passWidth) {
    if (width_ == 0) throw RecipeError("target 'feature' takes what another pass says; name it with objective.target_pass");
}

at::Tensor FeatureTarget::normalized(const at::Tensor& tokens, const at::Tensor& valid, const std::string& kind) const {
    if (kind == "none") return tokens;
    if (kind == "layer") return at::layer_norm(tokens, {tokens.size(-1)}, {}, {}, params_.epsilon);
    if (!valid.defined()) {
        const at::Tensor centred = tokens.sub(tokens.mean(at::IntArrayRef{1}, true));
        return centred.div(centred.square().mean(at::IntArrayRef{1}, true).add(params_.epsilon).sqrt());
    }
    const at::Tensor real = valid.to(tokens.options()).unsqueeze(-1), count = real.sum(at::IntArrayRef{1}, true).clamp_min(1.0);
    const at::Tensor centred = tokens.sub(tokens.mul(real).sum(at::IntArrayRef{1}, true).div(count));
    return centred.div(centred.square().mul(real).sum(at::IntArrayRef{1}, true).div(count).add(params_.epsilon).sqrt());
}

at::Tensor FeatureTarget::meanOfTop(const Features& features) const {
    const std::vector<at::Tensor>& layers = params_.take == "mlp" ? features.mlps : features.layers;
    const auto wanted = static_cast<std::size_t>(params_.topLayers);
    if (layers.size() < wanted)
        throw ShapeError(
            fmt::format("target 'feature' averages {} layers, but the pass kept {}; set keep_layers = true there, or a smaller top_layers", wanted,
                        layers.size()));
    at::Tensor sum;
    for (auto layer = layers.end() - static_cast<std::ptrdiff_t>(wanted); layer != layers.end(); ++layer) {
        const at::Tensor tokens = layer->narrow(1, features.prefixCount(), layer->size(1) - features.prefixCount());
        const at::Tensor part = normalized(tokens, features.geometry.valid, params_.normalizeLayers);
        sum = sum.defined() ? sum.add(part) : part;
    }
    return sum.div(static_cast<double>(wanted));
}

at::Tensor FeatureTarget::compute(const TargetSources& sources) const {
    if (sources.pass == nullptr || sources.pass->dropped)
        throw ShapeError("target 'feature' needs a pass that sees all tokens; give it no corruption");
    const Features& features = *sources.pass;
    const auto detached = [this](const at::Tensor& x) { return params_.gradient ? x : x.detach(); };
    if (sources.ofSample && params_.sample == "class") {
        if (features.prefixCount() == 0)
            throw ShapeError(
                "target 'feature' takes the class token for the sample, but the teacher has none; set its cls = true, or sample = \"mean\"");
        return detached(features.prefix.narrow(1, 0, 1));
    }
    const at::Tensor mean = params_.topLayers > 0 ? meanOfTop(features) : features.tokens;
    const at::Tensor targets = detached(normalized(mean, features.geometry.valid, params_.normalize));
    return sources.ofSample ? targets.mean(at::IntArrayRef{1}, true) : targets;
}

}  // namespace maskscope
