#include "heads/gnn_head.h"

#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"

namespace maskscope {

GnnHead::Params GnnHead::Params::read(ParamReader& reader) {
    Params p;
    p.messages.layer = reader.choice("layer", "gin", {"gin", "gat"}, "the kind of the decoder's layers");
    p.remask = reader.choice("remask", "token", {"token", "zero", "none"}, "what replaces the codes of hidden nodes; none: they stay");
    p.messages.depth = 1;
    p.messages = MessageParams::read(reader, p.messages);
    return p;
}

GnnHead::GnnHead(const Params& params, const HeadContext& context) : params_(params), embed_(nullptr), predict_(nullptr) {
    context.input.graph("head 'gnn'");
    const std::int64_t width = params.messages.width;
    embed_ = register_module("embed", torch::nn::Linear(torch::nn::LinearOptions(context.featureWidth, width).bias(false)));
    messages_ = register_module("messages", std::make_shared<MessagePassing>(params.messages));
    predict_ = register_module("predict", torch::nn::Linear(width, context.targetWidth));
    if (params.remask == "token") remaskToken_ = register_parameter("remask_token", torch::zeros({width}));
}

at::Tensor GnnHead::remasked(const at::Tensor& codes, const TokenSplit& split) const {
    const at::Tensor real = split.hiddenReal.defined() ? split.hiddenReal.to(codes.scalar_type()) : at::ones_like(split.hidden, codes.scalar_type());
    const at::Tensor hidden = at::zeros({codes.size(0), codes.size(1)}, codes.options()).scatter_add(1, split.hidden, real).gt(0.5).unsqueeze(-1);
    return remaskToken_.defined() ? at::where(hidden, remaskToken_.to(codes.scalar_type()), codes) : codes.masked_fill(hidden, 0.0);
}

at::Tensor GnnHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    if (features.dropped)
        throw ShapeError("the encoder dropped the hidden nodes, which the decoder 'gnn' needs in their places; choose sees = \"all\"");
    at::Tensor codes = embed_->forward(features.tokens);
    if (params_.remask != "none" && split != nullptr) codes = remasked(codes, *split);
    Features untapped;
    const at::Tensor decoded = messages_->forward(codes, MessageEdges::of(features.geometry, {}), {}, untapped);
    return predict_->forward(chooseRows(decoded, split, rows));
}

}  // namespace maskscope
