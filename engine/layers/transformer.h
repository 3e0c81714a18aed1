#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "core/param_reader.h"
#include "layers/attention.h"
#include "tensor/features.h"

namespace maskscope {

/// The settings that every transformer shares, whether it encodes or decodes.
struct TransformerParams {
    std::int64_t width = 192;
    std::int64_t depth = 12;
    std::int64_t heads = 3;
    double mlpRatio = 4.0;
    bool qkvBias = true;
    double normEps = 1e-6;
    bool postNorm = false;  // layer norms after the residual sums, and none at the end
    double dropPath = 0.0;
    std::string activation = "gelu";  // of the MLP: gelu | gelu_tanh | relu

    static TransformerParams read(ParamReader& reader, const TransformerParams& defaults);
};

/// Transformer block. Pre-norm: x + attention(norm(x)), then x + mlp(norm(x)) (Dosovitskiy et al., ViT, ICLR 2021, Sec. 3.1).
/// Post-norm: norm(x + attention(x)), then norm(x + mlp(x)) (Vaswani et al., NeurIPS 2017, Sec. 3.1; BERT, RoBERTa).
class TransformerBlock : public torch::nn::Module {
public:
    TransformerBlock(const TransformerParams& params, double dropPath);
    /// @param x          [B, L, D]; keyReal and probabilities as for Attention::forward
    /// @param mlpOutput  receives what the MLP adds, [B, L, D], if not null
    at::Tensor forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities, at::Tensor* mlpOutput = nullptr);

private:
    /// Stochastic depth (Huang et al., ECCV 2016): drops the branch for whole samples while training.
    at::Tensor withDropPath(const at::Tensor& branch) const;
    at::Tensor mlp(const at::Tensor& x);

    bool postNorm_;
    double dropPath_;
    std::string activation_;
    torch::nn::LayerNorm norm1_, norm2_;
    std::shared_ptr<Attention> attention_;
    torch::nn::Linear fc1_, fc2_;
};

/// A stack of blocks, with a final layer norm where they are pre-norm.
class Transformer : public torch::nn::Module {
public:
    explicit Transformer(const TransformerParams& params);

    /// @return [B, L, D] after all blocks, before the final norm; fills `features.layers`, `.mlps` and `.attentions` as tapped
    at::Tensor forward(at::Tensor x, const at::Tensor& keyReal, const Taps& taps, Features& features);
    /// One block alone, for encoders that do something between blocks.
    at::Tensor runBlock(std::int64_t layer, const at::Tensor& x, const at::Tensor& keyReal, const Taps& taps, Features& features);
    /// The final norm; post-norm blocks have left nothing to do.
    at::Tensor normalize(const at::Tensor& x) { return norm_.is_empty() ? x : norm_->forward(x); }

    const TransformerParams& params() const { return params_; }

private:
    TransformerParams params_;
    std::vector<std::shared_ptr<TransformerBlock>> blocks_;
    torch::nn::LayerNorm norm_;
};

}  // namespace maskscope
