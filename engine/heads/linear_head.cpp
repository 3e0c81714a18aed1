#include "heads/linear_head.h"

#include "heads/token_rows.h"
#include "layers/linear_map.h"

namespace maskscope {

LinearHead::Params LinearHead::Params::read(ParamReader& reader) {
    Params p;
    p.norm = reader.flag("norm", p.norm, "whether a layer norm comes before the linear map (BEiT)");
    p.normEps = reader.number("norm_eps", p.normEps, Range::positive(), "added to the variance in the layer norm");
    return p;
}

LinearHead::LinearHead(const Params& params, const HeadContext& context) : norm_(nullptr), predict_(nullptr) {
    if (params.norm) norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({context.featureWidth}).eps(params.normEps)));
    predict_ = register_module("predict", torch::nn::Linear(context.featureWidth, context.targetWidth));
}

at::Tensor LinearHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const at::Tensor tokens = chooseTokens(features, split, rows);
    return linearMap(norm_.is_empty() ? tokens : norm_->forward(tokens), predict_);
}

}  // namespace maskscope
