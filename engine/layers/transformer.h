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
    double dropPath = 0.0;
    std::string activation = "gelu";  // of the MLP: gelu | gelu_tanh | relu

    static TransformerParams read(ParamReader& reader, const TransformerParams& defaults);
};

/// Pre-norm transformer block: x + attention(norm(x)), then x + mlp(norm(x)) (Dosovitskiy et al., ViT, ICLR 2021, Sec. 3.1).
class TransformerBlock : public torch::nn::Module {
public:
    TransformerBlock(const TransformerParams& params, double dropPath);
    /// @param x [B, L, D]; the other arguments as for Attention::forward
    at::Tensor forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities);

private:
    /// Stochastic depth (Huang et al., ECCV 2016): drops the branch for whole samples while training.
    at::Tensor withDropPath(const at::Tensor& branch) const;
    at::Tensor activate(const at::Tensor& hidden) const;

    double dropPath_;
    std::string activation_;
    torch::nn::LayerNorm norm1_, norm2_;
    std::shared_ptr<Attention> attention_;
    torch::nn::Linear fc1_, fc2_;
};

/// A stack of blocks with a final layer norm.
class Transformer : public torch::nn::Module {
public:
    explicit Transformer(const TransformerParams& params);

    /// @return [B, L, D] after all blocks, before the final norm; fills `features.layers` and `.attentions` as tapped
    at::Tensor forward(at::Tensor x, const at::Tensor& keyReal, const Taps& taps, Features& features);
    /// One block alone, for encoders that do something between blocks.
    at::Tensor runBlock(std::int64_t layer, const at::Tensor& x, const at::Tensor& keyReal, const Taps& taps, Features& features);
    at::Tensor normalize(const at::Tensor& x) { return norm_->forward(x); }

    const TransformerParams& params() const { return params_; }

private:
    TransformerParams params_;
    std::vector<std::shared_ptr<TransformerBlock>> blocks_;
    torch::nn::LayerNorm norm_;
};

}  // namespace maskscope
