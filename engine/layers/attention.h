#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "layers/norm.h"

namespace maskscope {

struct GridWindows;

/// What makes one attention differ from another.
struct AttentionParams {
    std::int64_t width = 192;
    std::int64_t heads = 3;
    std::int64_t headWidth = 0;  // 0: width / heads
    bool queryBias = true, keyBias = true, valueBias = true, projectionBias = true;
    double scale = 0.0;         // of the scores; 0: 1 / sqrt(headWidth)
    bool cosine = false;        // scores are cosines times a learned factor a head (Liu et al., Swin Transformer V2, CVPR 2022, Sec. 3.2)
    bool queryKeyNorm = false;  // norms over a head's query and key (Dehghani et al., ViT-22B, ICML 2023, Sec. 2)
    bool innerNorm = false;     // a norm before the projection (Fang et al., EVA-02, 2023)
    std::string normKind = "layer";
    double normEps = 1e-6;
};

/// Angles by which pairs of channels of queries and keys turn with their place (Su et al., RoFormer, 2021, Sec. 3.4).
struct Rotary {
    at::Tensor cosine, sine;   // [L - prefix, headWidth]
    bool interleaved = false;  // pairs are neighbours (2i, 2i + 1); else i and i + headWidth / 2
    std::int64_t prefix = 0;   // the first tokens, which do not turn

    /// @param x  [B, heads, L, headWidth]
    at::Tensor turn(const at::Tensor& x) const;
};

/// What attention takes beside the tokens. Everything may be missing.
struct AttentionContext {
    AttentionContext(at::Tensor real = {}) : keyReal(std::move(real)) {}

    at::Tensor keyReal;  // [B, L] bool, false = padding that nobody attends to
    /// Added to the scores (relative positions; -infinity forbids): [heads, L, L], or [G, heads, L, L] where G divides B and row b of
    /// the batch takes bias b mod G (windows of an image, one after another). A dimension of heads or L may be 1.
    at::Tensor bias;
    const Rotary* rotary = nullptr;
    /// Windows of the grid that the tokens are: each attends among itself, and the bias is that of windows ([G = W, heads, L, L]).
    const GridWindows* windows = nullptr;
    /// Tokens before it are attended to, but ask nothing and are not in the result. Only where there is nothing of the above but keyReal.
    std::int64_t firstQuery = 0;

    /// Whether there is nothing but tokens, some of them padding.
    bool isPlain() const { return !bias.defined() && rotary == nullptr && windows == nullptr; }
};

/// softmax(query key^T * scale + bias) value, without what is padding.
/// @param query          [B, heads, Lq, d]
/// @param key, value     [B, heads, L, d]; keyReal [B, L] and bias [.., Lq, L] of the context, `rotary` is not looked at
/// @param probabilities  receives [B, heads, Lq, L] if not null; the result is the same up to rounding
/// @return               [B, heads, Lq, d]
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const AttentionContext& context, double scale,
                  at::Tensor* probabilities);

/// Multi-head self-attention (Vaswani et al., Attention Is All You Need, NeurIPS 2017, Sec. 3.2). The only attention there
/// is: training, viewing and opened checkpoints all pass through it, or, where queries come from elsewhere, through `attend`.
/// Parameters: qkv.weight [3 heads headWidth, D] (queries, keys, values, each head by head) with qkv.bias, or query_bias, key_bias and
/// value_bias where only some have one; proj; logit_scale [heads]; query_norm, key_norm, norm.
class Attention : public torch::nn::Module {
public:
    /// @throws RecipeError if `heads` does not divide `width` and no head width is given
    explicit Attention(const AttentionParams& params);

    /// @param x              [B, L, D]
    /// @param probabilities  receives [B, heads, L, L] (query, key), or those of the context's windows, if not null; the result is the
    ///                       same up to rounding
    /// @return               [B, L - context.firstQuery, D]
    at::Tensor forward(const at::Tensor& x, const AttentionContext& context, at::Tensor* probabilities);

    const torch::nn::LinearImpl& qkv() const { return *qkv_; }
    const torch::nn::LinearImpl& projection() const { return *proj_; }
    /// Factor of the scores.
    double scale() const { return scale_; }

private:
    at::Tensor project(const at::Tensor& x);

    AttentionParams params_;
    std::int64_t headWidth_;
    double scale_;
    torch::nn::Linear qkv_, proj_;
    at::Tensor queryBias_, keyBias_, valueBias_;  // where not all three are there
    at::Tensor logitScale_;                       // [heads], the logarithm of the factor of cosine attention
    std::shared_ptr<Norm> queryNorm_, keyNorm_, innerNorm_;
};

}  // namespace maskscope
