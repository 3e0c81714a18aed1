#include "layers/transformer.h"

#include <string>

#include <torch/torch.h>

#include "layers/activation.h"
#include "layers/drop_path.h"
#include "layers/linear_map.h"
#include "layers/recompute.h"

namespace maskscope {
namespace {

std::string nameOf(NormPlace place) { return place == NormPlace::Before ? "pre" : place == NormPlace::After ? "post" : "branch"; }

NormPlace normPlace(const std::string& name) { return name == "pre" ? NormPlace::Before : name == "post" ? NormPlace::After : NormPlace::Branch; }

/// The settings that most transformers leave as they are.
void readRare(ParamReader& reader, const TransformerParams& defaults, TransformerParams& p) {
    p.keyBias = reader.flag("key_bias", defaults.keyBias, "whether keys have a bias too, where qkv_bias is on (BEiT: they have none)");
    p.mlpWidth = reader.integer("mlp_width", defaults.mlpWidth, Range::atLeast(0), "hidden width of the MLP; 0: what mlp_ratio says");
    p.gatedMlp =
        reader.flag("gated_mlp", defaults.gatedMlp, "an MLP that multiplies two maps of its input, one of them activated (SwiGLU with silu)");
    p.mlpNorm = reader.flag("mlp_norm", defaults.mlpNorm, "a norm before the MLP's second map (EVA-02)");
    p.layerScale = reader.number("layer_scale", defaults.layerScale, Range::atLeast(0),
                                 "first value of a learned factor a channel on attention and MLP (CaiT, BEiT: 0.1); 0: there is none");
    p.normKind = reader.choice("norm_kind", defaults.normKind, {"layer", "layer_weight", "layer_plain", "rms", "batch"},
                               "what the norms do: layer norm (with weight and bias, weight alone, neither), root mean square, or batch norm");
    p.finalNorm = reader.flag("final_norm", defaults.finalNorm, "whether a norm follows the last block; with norm = post there is none");
    p.mlpBias = reader.flag("mlp_bias", defaults.mlpBias, "whether the MLP's maps have biases");
    p.projectionBias = reader.flag("projection_bias", defaults.projectionBias, "whether the map after attention has a bias");
    p.queryKeyNorm = reader.flag("query_key_norm", defaults.queryKeyNorm, "norms over each head's queries and keys (ViT-22B)");
    p.innerNorm = reader.flag("inner_norm", defaults.innerNorm, "a norm before the map after attention (EVA-02)");
    p.cosine = reader.flag("cosine_attention", defaults.cosine, "scores are cosines times a learned factor a head (Swin V2)");
    p.attentionScale =
        reader.number("attention_scale", defaults.attentionScale, Range::atLeast(0), "factor of the scores; 0: 1 / sqrt(width of a head)");
    p.headWidth = reader.integer("head_width", defaults.headWidth, Range::atLeast(0), "channels of an attention head; 0: width / heads");
}

/// Whether `fusedBlock` is what a block of these settings does.
bool hasFusedForm(const TransformerParams& p) {
    return p.normPlace == NormPlace::Before && p.normKind == "layer" && p.activation == "gelu" && !p.gatedMlp && !p.mlpNorm && p.layerScale == 0.0 &&
           p.mlpBias && p.projectionBias && p.qkvBias && p.keyBias && !p.queryKeyNorm && !p.innerNorm && !p.cosine &&
           (p.headWidth == 0 || p.headWidth * p.heads == p.width);
}

/// A block without taps. Batch norms would count a batch twice if they were run twice.
at::Tensor runPlainly(const TransformerParams& params, TransformerBlock& block, const at::Tensor& x, const AttentionContext& context) {
    const bool keepsLittle = RecomputeScope::isOpen() && at::GradMode::is_enabled() && context.isPlain() && params.normKind != "batch";
    if (!keepsLittle) return block.forward(x, context, nullptr);
    return recomputed(x, block.parameters(), [&block, context](const at::Tensor& again) { return block.forward(again, context, nullptr); });
}

}  // namespace

TransformerParams TransformerParams::read(ParamReader& reader, const TransformerParams& defaults) {
    TransformerParams p;
    p.width = reader.integer("width", defaults.width, Range::atLeast(1), "channels of a token (D)");
    p.depth = reader.integer("depth", defaults.depth, Range::between(1, 1000), "number of transformer blocks");
    p.heads = reader.integer("heads", defaults.heads, Range::atLeast(1), "attention heads; they divide the width");
    p.mlpRatio = reader.number("mlp_ratio", defaults.mlpRatio, Range::positive(), "hidden width of the MLP, in units of the width");
    p.qkvBias = reader.flag("qkv_bias", defaults.qkvBias, "whether query, key and value have biases");
    p.normEps = reader.number("norm_eps", defaults.normEps, Range::positive(), "added to the variance in norms");
    p.normPlace = maskscope::normPlace(reader.choice("norm", nameOf(defaults.normPlace), {"pre", "post", "branch"},
                                                     "pre: norms before attention and MLP, and one at the end (ViT); post: after the residual sums "
                                                     "(BERT); branch: before the residual sums (Swin V2)"));
    p.dropPath = reader.number("drop_path", defaults.dropPath, {.min = 0, .max = 1, .openMax = true},
                               "chance that a sample skips the last block's branches, growing linearly from 0 at the first (stochastic depth)");
    p.activation = readActivation(reader, defaults.activation);
    readRare(reader, defaults, p);
    if (!reader.isDocumenting() && p.headWidth == 0 && p.width % p.heads != 0)
        reader.fail("heads", "is " + std::to_string(p.heads) + ", expected a divisor of the width " + std::to_string(p.width));
    return p;
}

AttentionParams TransformerParams::attention() const {
    return {.width = width,
            .heads = heads,
            .headWidth = headWidth,
            .queryBias = qkvBias,
            .keyBias = qkvBias && keyBias,
            .valueBias = qkvBias,
            .projectionBias = projectionBias,
            .scale = attentionScale,
            .cosine = cosine,
            .queryKeyNorm = queryKeyNorm,
            .innerNorm = innerNorm,
            .normKind = normKind,
            .normEps = normEps};
}

std::int64_t TransformerParams::hiddenWidth() const {
    return mlpWidth > 0 ? mlpWidth : static_cast<std::int64_t>(static_cast<double>(width) * mlpRatio);
}

TransformerBlock::TransformerBlock(const TransformerParams& params, double dropPath)
    : params_(params), dropPath_(dropPath), fc1_(nullptr), fc2_(nullptr) {
    const std::int64_t hidden = params.hiddenWidth();
    const auto norm = [&](std::int64_t width) { return std::make_shared<Norm>(params.normKind, width, params.normEps); };
    const auto linear = [&](std::int64_t from, std::int64_t to) {
        return torch::nn::Linear(torch::nn::LinearOptions(from, to).bias(params.mlpBias));
    };
    norm1_ = register_module("norm1", norm(params.width));
    attention_ = register_module("attn", std::make_shared<Attention>(params.attention()));
    norm2_ = register_module("norm2", norm(params.width));
    fc1_ = register_module("fc1", linear(params.width, params.gatedMlp ? 2 * hidden : hidden));
    if (params.mlpNorm) mlpNorm_ = register_module("mlp_norm", norm(hidden));
    fc2_ = register_module("fc2", linear(hidden, params.width));
    if (hasFusedForm(params)) {
        const auto &qkv = attention_->qkv(), &projection = attention_->projection();
        fused_ = {norm1_->weight(), norm1_->bias(),      qkv.weight,    qkv.bias,   projection.weight, projection.bias,
                  norm2_->weight(), norm2_->bias(),      fc1_->weight,  fc1_->bias, fc2_->weight,      fc2_->bias,
                  params.heads,     attention_->scale(), params.normEps};
    }
    if (params.layerScale == 0.0) return;
    scale1_ = register_parameter("scale1", torch::full({params.width}, params.layerScale));
    scale2_ = register_parameter("scale2", torch::full({params.width}, params.layerScale));
}

at::Tensor TransformerBlock::withDropPath(const at::Tensor& branch) const { return maskscope::dropPath(branch, dropPath_, is_training()); }

at::Tensor TransformerBlock::mlp(const at::Tensor& x) {
    at::Tensor hidden = linearMap(x, fc1_);
    if (params_.gatedMlp) {
        const auto halves = hidden.chunk(2, -1);
        hidden = activate(halves[0], params_.activation) * halves[1];
    } else {
        hidden = activate(hidden, params_.activation);
    }
    return linearMap(mlpNorm_ ? mlpNorm_->forward(hidden) : hidden, fc2_);
}

bool TransformerBlock::runsFused(const at::Tensor& x, const AttentionContext& context) const {
    return fused_ && FusedScope::covers(x) && context.isPlain() && (dropPath_ == 0.0 || !is_training());
}

at::Tensor TransformerBlock::forward(const at::Tensor& x, const AttentionContext& context, at::Tensor* probabilities, at::Tensor* mlpOutput) {
    if (probabilities == nullptr && mlpOutput == nullptr && runsFused(x, context)) return fusedBlock(x, *fused_, context.keyReal, context.firstQuery);
    const NormPlace place = params_.normPlace;
    const auto normIf = [&](NormPlace here, Norm& norm, const at::Tensor& value) { return place == here ? norm.forward(value) : value; };
    const auto scaled = [](const at::Tensor& branch, const at::Tensor& scale) { return scale.defined() ? branch * scale : branch; };

    const at::Tensor attention =
        normIf(NormPlace::Branch, *norm1_, attention_->forward(normIf(NormPlace::Before, *norm1_, x), context, probabilities));
    const at::Tensor queries = context.firstQuery > 0 ? x.narrow(1, context.firstQuery, x.size(1) - context.firstQuery) : x;
    const at::Tensor attended = normIf(NormPlace::After, *norm1_, queries + withDropPath(scaled(attention, scale1_)));
    const at::Tensor added = scaled(normIf(NormPlace::Branch, *norm2_, mlp(normIf(NormPlace::Before, *norm2_, attended))), scale2_);
    if (mlpOutput != nullptr) *mlpOutput = added;
    return normIf(NormPlace::After, *norm2_, attended + withDropPath(added));
}

Transformer::Transformer(const TransformerParams& params) : params_(params) {
    for (std::int64_t i = 0; i < params.depth; ++i) {
        const double dropPath = dropPathOfBlock(params.dropPath, i, params.depth);
        blocks_.push_back(register_module("block" + std::to_string(i), std::make_shared<TransformerBlock>(params, dropPath)));
    }
    if (params.finalNorm && params.normPlace != NormPlace::After)
        norm_ = register_module("norm", std::make_shared<Norm>(params.normKind, params.width, params.normEps));
}

at::Tensor Transformer::runBlock(std::int64_t layer, const at::Tensor& x, const AttentionContext& context, const Taps& taps, Features& features) {
    at::Tensor probabilities, mlp;
    TransformerBlock& block = *blocks_[static_cast<std::size_t>(layer)];
    if (!taps.attentions && !taps.layers) return runPlainly(params_, block, x, context);
    if (taps.layers && layer == 0) features.embedded = x;
    at::Tensor result = block.forward(x, context, taps.attentions ? &probabilities : nullptr, taps.layers ? &mlp : nullptr);
    if (taps.attentions) features.attentions.push_back(probabilities);
    if (taps.layers) {
        features.layers.push_back(result);
        features.mlps.push_back(mlp);
    }
    return result;
}

at::Tensor Transformer::forwardFrom(std::int64_t firstQuery, at::Tensor x, AttentionContext context) {
    for (const auto& block : blocks_) {
        if (block == blocks_.back()) context.firstQuery = firstQuery;
        x = runPlainly(params_, *block, x, context);
    }
    return x;
}

at::Tensor Transformer::forward(at::Tensor x, const AttentionContext& context, const Taps& taps, Features& features) {
    for (std::int64_t i = 0; i < params_.depth; ++i) x = runBlock(i, x, context, taps, features);
    return x;
}

}  // namespace maskscope
