#include "layers/token_embedding.h"

#include <torch/torch.h>

namespace maskscope {

namespace {

constexpr double kMaskedWhileTraining = 0.15 * 0.8;  // of ESM's tokens

}  // namespace

TokenEmbedding::TokenEmbedding(const TextInput& input, std::int64_t width, const TokenEmbeddingParams& params)
    : params_(params), maskToken_(input.maskToken), norm_(nullptr) {
    words_ = register_parameter("word_table", torch::zeros({input.vocabulary, width}));
    if (params.positions) positions_ = register_parameter("position_table", torch::zeros({input.length + params.positionOffset, width}));
    if (params.types > 0) types_ = register_parameter("type_table", torch::zeros({params.types, width}));
    if (params.norm) norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(params.normEps)));
}

at::Tensor TokenEmbedding::positionsOf(const at::Tensor& tokens, const at::Tensor& real) const {
    if (params_.positionOffset == 0 || !real.defined()) return at::arange(tokens.size(1), tokens.options()) + params_.positionOffset;
    const at::Tensor isReal = real.to(at::kLong);
    return (isReal.cumsum(1) * isReal) + (params_.positionOffset - 1);
}

at::Tensor TokenEmbedding::withoutMasked(const at::Tensor& vectors, const at::Tensor& tokens, const at::Tensor& real) const {
    const at::Tensor masked = tokens.eq(maskToken_);
    const at::Tensor length = real.defined() ? real.sum(1).to(vectors.scalar_type()) : at::full({}, tokens.size(1), vectors.options());
    const at::Tensor share = masked.sum(1).to(vectors.scalar_type()) / length;
    return vectors.masked_fill(masked.unsqueeze(-1), 0.0) * (1.0 - kMaskedWhileTraining) / (1.0 - share).view({-1, 1, 1});
}

at::Tensor TokenEmbedding::forward(const at::Tensor& tokens, const at::Tensor& real, const at::Tensor& types, const at::Tensor& positions) {
    at::Tensor sum = at::embedding(words_, tokens);
    if (params_.tokenDropout) sum = withoutMasked(sum, tokens, real);
    if (positions_.defined()) sum = sum + at::embedding(positions_, positions.defined() ? positions : positionsOf(tokens, real));
    if (types_.defined()) sum = sum + (types.defined() ? at::embedding(types_, types) : types_.select(0, 0));
    if (!norm_.is_empty()) sum = norm_->forward(sum);
    return params_.zerosPadding && real.defined() ? sum * real.unsqueeze(-1).to(sum.scalar_type()) : sum;
}

}  // namespace maskscope
