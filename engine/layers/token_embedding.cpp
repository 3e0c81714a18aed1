#include "layers/token_embedding.h"

#include <torch/torch.h>

namespace maskscope {

TokenEmbedding::TokenEmbedding(const TextInput& input, std::int64_t width, const TokenEmbeddingParams& params)
    : positionOffset_(params.positionOffset), norm_(nullptr) {
    words_ = register_parameter("word_table", torch::zeros({input.vocabulary, width}));
    positions_ = register_parameter("position_table", torch::zeros({input.length + params.positionOffset, width}));
    if (params.types > 0) types_ = register_parameter("type_table", torch::zeros({params.types, width}));
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(params.normEps)));
}

at::Tensor TokenEmbedding::positionsOf(const at::Tensor& tokens, const at::Tensor& real) const {
    if (positionOffset_ == 0 || !real.defined()) return at::arange(tokens.size(1), tokens.options()) + positionOffset_;
    const at::Tensor isReal = real.to(at::kLong);
    return (isReal.cumsum(1) * isReal) + (positionOffset_ - 1);
}

at::Tensor TokenEmbedding::forward(const at::Tensor& tokens, const at::Tensor& real, const at::Tensor& types) {
    at::Tensor sum = at::embedding(words_, tokens) + at::embedding(positions_, positionsOf(tokens, real));
    if (types_.defined()) sum = sum + (types.defined() ? at::embedding(types_, types) : types_.select(0, 0));
    return norm_->forward(sum);
}

}  // namespace maskscope
