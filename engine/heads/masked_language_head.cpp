#include "heads/masked_language_head.h"

#include <torch/torch.h>

#include "heads/token_rows.h"
#include "layers/activation.h"
#include "layers/linear_map.h"
#include "tensor/shape.h"

namespace maskscope {

MaskedLanguageHead::Params MaskedLanguageHead::Params::read(ParamReader& reader) {
    Params p;
    p.normEps = reader.number("norm_eps", p.normEps, Range::positive(), "added to the variance in the layer norm");
    p.tied = reader.flag("tied", p.tied, "whether the encoder's token embedding serves as the last linear map");
    p.activation = readActivation(reader, "gelu");
    return p;
}

MaskedLanguageHead::MaskedLanguageHead(const Params& params, const HeadContext& context) : params_(params), dense_(nullptr), norm_(nullptr) {
    const std::int64_t width = context.featureWidth;
    dense_ = register_module("dense", torch::nn::Linear(width, width));
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(params.normEps)));
    if (!params.tied) decoder_ = register_parameter("decoder", torch::zeros({context.targetWidth, width}));
    bias_ = register_parameter("decoder_bias", torch::zeros({context.targetWidth}));
}

at::Tensor MaskedLanguageHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const at::Tensor x = norm_->forward(activate(linearMap(chooseTokens(features, split, rows), dense_), params_.activation));
    if (params_.tied)
        requireShape(features.vocabulary, {bias_.size(0), x.size(-1)}, "the encoder's token embedding, which head 'masked_language' shares");
    return linearMap(x, params_.tied ? features.vocabulary : decoder_, bias_);
}

}  // namespace maskscope
