#include "layers/transformer.h"

#include <string>

#include <torch/torch.h>

#include "layers/activation.h"
#include "layers/noise.h"

namespace maskscope {

TransformerParams TransformerParams::read(ParamReader& reader, const TransformerParams& defaults) {
    TransformerParams p;
    p.width = reader.integer("width", defaults.width, Range::atLeast(1), "channels of a token (D)");
    p.depth = reader.integer("depth", defaults.depth, Range::between(1, 1000), "number of transformer blocks");
    p.heads = reader.integer("heads", defaults.heads, Range::atLeast(1), "attention heads; they divide the width");
    p.mlpRatio = reader.number("mlp_ratio", defaults.mlpRatio, Range::positive(), "hidden width of the MLP, in units of the width");
    p.qkvBias = reader.flag("qkv_bias", defaults.qkvBias, "whether query, key and value have biases");
    p.normEps = reader.number("norm_eps", defaults.normEps, Range::positive(), "added to the variance in layer norms");
    p.postNorm = reader.choice("norm", defaults.postNorm ? "post" : "pre", {"pre", "post"},
                               "pre: layer norms before attention and MLP, and one at the end (ViT); post: after the residual sums (BERT)") == "post";
    p.dropPath = reader.number("drop_path", defaults.dropPath, {.min = 0, .max = 1, .openMax = true},
                               "chance that a sample skips the last block's branches, growing linearly from 0 at the first (stochastic depth)");
    p.activation = readActivation(reader, defaults.activation);
    if (!reader.isDocumenting() && p.width % p.heads != 0)
        reader.fail("heads", "is " + std::to_string(p.heads) + ", expected a divisor of the width " + std::to_string(p.width));
    return p;
}

namespace {

torch::nn::LayerNorm layerNorm(const TransformerParams& params) {
    return torch::nn::LayerNorm(torch::nn::LayerNormOptions({params.width}).eps(params.normEps));
}

}  // namespace

TransformerBlock::TransformerBlock(const TransformerParams& params, double dropPath)
    : postNorm_(params.postNorm),
      dropPath_(dropPath),
      activation_(params.activation),
      norm1_(nullptr),
      norm2_(nullptr),
      fc1_(nullptr),
      fc2_(nullptr) {
    const auto hidden = static_cast<std::int64_t>(static_cast<double>(params.width) * params.mlpRatio);
    norm1_ = register_module("norm1", layerNorm(params));
    attention_ = register_module("attn", std::make_shared<Attention>(params.width, params.heads, params.qkvBias));
    norm2_ = register_module("norm2", layerNorm(params));
    fc1_ = register_module("fc1", torch::nn::Linear(params.width, hidden));
    fc2_ = register_module("fc2", torch::nn::Linear(hidden, params.width));
}

at::Tensor TransformerBlock::withDropPath(const at::Tensor& branch) const {
    if (!is_training() || dropPath_ == 0.0) return branch;
    const at::Tensor keep = NoiseScope::bernoulli(branch.size(0), 1.0 - dropPath_).to(branch.device(), branch.scalar_type());
    return branch * (keep / (1.0 - dropPath_)).view({-1, 1, 1});
}

at::Tensor TransformerBlock::mlp(const at::Tensor& x) { return fc2_->forward(activate(fc1_->forward(x), activation_)); }

at::Tensor TransformerBlock::forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities, at::Tensor* mlpOutput) {
    const at::Tensor attention = attention_->forward(postNorm_ ? x : norm1_->forward(x), keyReal, probabilities);
    const at::Tensor sum = x + withDropPath(attention), attended = postNorm_ ? norm1_->forward(sum) : sum;
    const at::Tensor added = mlp(postNorm_ ? attended : norm2_->forward(attended));
    if (mlpOutput != nullptr) *mlpOutput = added;
    const at::Tensor result = attended + withDropPath(added);
    return postNorm_ ? norm2_->forward(result) : result;
}

Transformer::Transformer(const TransformerParams& params) : params_(params), norm_(nullptr) {
    const std::int64_t last = std::max<std::int64_t>(1, params.depth - 1);
    for (std::int64_t i = 0; i < params.depth; ++i) {
        const double dropPath = params.dropPath * static_cast<double>(i) / static_cast<double>(last);
        blocks_.push_back(register_module("block" + std::to_string(i), std::make_shared<TransformerBlock>(params, dropPath)));
    }
    if (!params.postNorm) norm_ = register_module("norm", layerNorm(params));
}

at::Tensor Transformer::runBlock(std::int64_t layer, const at::Tensor& x, const at::Tensor& keyReal, const Taps& taps, Features& features) {
    at::Tensor probabilities, mlp;
    TransformerBlock& block = *blocks_[static_cast<std::size_t>(layer)];
    at::Tensor result = block.forward(x, keyReal, taps.attentions ? &probabilities : nullptr, taps.layers ? &mlp : nullptr);
    if (taps.attentions) features.attentions.push_back(probabilities);
    if (taps.layers) {
        features.layers.push_back(result);
        features.mlps.push_back(mlp);
    }
    return result;
}

at::Tensor Transformer::forward(at::Tensor x, const at::Tensor& keyReal, const Taps& taps, Features& features) {
    for (std::int64_t i = 0; i < params_.depth; ++i) x = runBlock(i, x, keyReal, taps, features);
    return x;
}

}  // namespace maskscope
