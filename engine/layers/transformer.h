#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "core/param_reader.h"
#include "layers/attention.h"
#include "layers/fused_block.h"
#include "layers/norm.h"
#include "tensor/features.h"

namespace maskscope {

/// Where a block has its norms.
enum class NormPlace {
    Before,  // x + attention(norm(x)), x + mlp(norm(x)), and a norm after the last block (Dosovitskiy et al., ViT, ICLR 2021, Sec. 3.1)
    After,   // norm(x + attention(x)), norm(x + mlp(x)) (Vaswani et al., NeurIPS 2017, Sec. 3.1; BERT, RoBERTa)
    Branch   // x + norm(attention(x)), x + norm(mlp(x)), and a norm after the last block (Liu et al., Swin V2, CVPR 2022, Sec. 3.2)
};

/// The settings that every transformer shares, whether it encodes or decodes.
struct TransformerParams {
    std::int64_t width = 192;
    std::int64_t depth = 12;
    std::int64_t heads = 3;
    double mlpRatio = 4.0;
    bool qkvBias = true;
    double normEps = 1e-6;
    NormPlace normPlace = NormPlace::Before;
    double dropPath = 0.0;
    std::string activation = "gelu";  // of the MLP, a name that `activate` knows
    bool keyBias = true;              // counts where qkvBias is true: BEiT has biases of queries and values alone
    std::int64_t mlpWidth = 0;        // hidden width of the MLP; 0: mlpRatio times the width
    bool gatedMlp = false;            // fc2(activation(a) * b), where fc1 gives a and b (Shazeer, GLU Variants Improve Transformer, 2020)
    bool mlpNorm = false;             // a norm before the MLP's second map (EVA-02)
    double layerScale = 0.0;          // first value of a learned factor a channel on both branches (Touvron et al., CaiT, ICCV 2021); 0: none
    std::string normKind = "layer";   // as Norm has them
    bool finalNorm = true;            // whether a stack ends with a norm (never with NormPlace::After)
    bool mlpBias = true, projectionBias = true;
    bool queryKeyNorm = false, innerNorm = false, cosine = false;  // as in AttentionParams
    double attentionScale = 0.0;                                   // AttentionParams::scale
    std::int64_t headWidth = 0;                                    // AttentionParams::headWidth

    static TransformerParams read(ParamReader& reader, const TransformerParams& defaults);
    AttentionParams attention() const;
    std::int64_t hiddenWidth() const;
};

/// Transformer block: attention and an MLP, each added to what it was given. Parameters: norm1, attn, norm2, fc1, fc2 (with a gate,
/// fc1 gives the gated half first), mlp_norm, and the layer scales scale1, scale2 [D].
class TransformerBlock : public torch::nn::Module {
public:
    TransformerBlock(const TransformerParams& params, double dropPath);
    /// @param x          [B, L, D]; context and probabilities as for Attention::forward
    /// @param mlpOutput  receives what the MLP's branch adds, [B, L, D], if not null
    /// @return           [B, L - context.firstQuery, D]
    at::Tensor forward(const at::Tensor& x, const AttentionContext& context, at::Tensor* probabilities, at::Tensor* mlpOutput = nullptr);

private:
    /// Stochastic depth (Huang et al., ECCV 2016): drops the branch for whole samples while training.
    at::Tensor withDropPath(const at::Tensor& branch) const;
    at::Tensor mlp(const at::Tensor& x);
    bool runsFused(const at::Tensor& x, const AttentionContext& context) const;

    TransformerParams params_;
    double dropPath_;
    std::optional<FusedBlockParams> fused_;  // none: this kind of block has no fused operation
    std::shared_ptr<Norm> norm1_, norm2_, mlpNorm_;
    std::shared_ptr<Attention> attention_;
    torch::nn::Linear fc1_, fc2_;
    at::Tensor scale1_, scale2_;  // [D]; undefined: there is no layer scale
};

/// A stack of blocks, with a final norm unless the blocks have theirs after the sums.
class Transformer : public torch::nn::Module {
public:
    explicit Transformer(const TransformerParams& params);

    /// @return [B, L, D] after all blocks, before the final norm; fills `features.embedded`, `.layers`, `.mlps` and `.attentions` as tapped
    at::Tensor forward(at::Tensor x, const AttentionContext& context, const Taps& taps, Features& features);
    /// The same without taps, of the tokens from `firstQuery` on: the last block computes no others. @return [B, L - firstQuery, D]
    at::Tensor forwardFrom(std::int64_t firstQuery, at::Tensor x, AttentionContext context);
    /// One block alone, for encoders that do something between blocks or give each its own context.
    at::Tensor runBlock(std::int64_t layer, const at::Tensor& x, const AttentionContext& context, const Taps& taps, Features& features);
    /// The final norm, where there is one.
    at::Tensor normalize(const at::Tensor& x) { return norm_ ? norm_->forward(x) : x; }

    const TransformerParams& params() const { return params_; }

private:
    TransformerParams params_;
    std::vector<std::shared_ptr<TransformerBlock>> blocks_;
    std::shared_ptr<Norm> norm_;
};

}  // namespace maskscope
