#include "heads/transformer_head.h"

#include <vector>

#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/linear_map.h"
#include "tensor/gather.h"

namespace maskscope {

TransformerHead::Params TransformerHead::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(reader, {.width = 96, .depth = 4, .heads = 3});
    p.positions = readPositionKind(reader);
    return p;
}

TransformerHead::TransformerHead(const Params& params, const HeadContext& context) : embed_(nullptr), predict_(nullptr) {
    const std::int64_t width = params.transformer.width;
    embed_ = register_module("embed", torch::nn::Linear(context.featureWidth, width));
    maskToken_ = register_parameter("mask_token", torch::zeros({width}));
    positions_ = register_module("pos_embed", std::make_shared<PositionTable>(params.positions, context.input, width));
    prefixPosition_ = register_buffer("prefix_position", torch::zeros({width}));
    transformer_ = register_module("transformer", std::make_shared<Transformer>(params.transformer));
    predict_ = register_module("predict", torch::nn::Linear(width, context.targetWidth));
}

at::Tensor TransformerHead::embedPrefix(const Features& features) { return linearMap(features.prefix, embed_) + prefixPosition_; }

at::Tensor TransformerHead::runHidden(const Features& features, const TokenSplit& split) {
    const at::Tensor visible = positions_->addTo(linearMap(features.tokens, embed_), split.visible);
    const std::int64_t batch = visible.size(0), seen = features.prefixCount() + visible.size(1);
    const at::Tensor mask = maskToken_.to(visible.scalar_type()).expand({batch, split.hiddenCount(), visible.size(2)});
    std::vector<at::Tensor> tokens;
    if (features.prefixCount() > 0) tokens.push_back(embedPrefix(features));
    tokens.push_back(visible);
    tokens.push_back(positions_->addTo(mask, split.hidden));
    return transformer_->forwardFrom(seen, at::cat(tokens, 1), {});
}

at::Tensor TransformerHead::runBlocks(const Features& features, const TokenSplit* split, const Taps& taps, Features& tapped) {
    at::Tensor tokens = linearMap(features.tokens, embed_);
    if (features.dropped) {
        if (split == nullptr) throw ShapeError("the encoder dropped tokens, but the head was not told which");
        tokens = restoreTokens(tokens, maskToken_.to(tokens.scalar_type()), *split);
    }
    tokens = positions_->addTo(tokens, {});
    if (features.prefixCount() > 0) tokens = at::cat({embedPrefix(features), tokens}, 1);
    return transformer_->forward(tokens, {}, taps, tapped);
}

at::Tensor TransformerHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const bool isRagged = split != nullptr && (split->visibleReal.defined() || split->hiddenReal.defined());
    if (features.dropped && rows == TokenChoice::Hidden && split != nullptr && !isRagged)
        return linearMap(transformer_->normalize(runHidden(features, *split)), predict_);
    Features untapped;
    const at::Tensor x = runBlocks(features, split, {}, untapped);
    const std::int64_t prefix = features.prefixCount();
    return linearMap(transformer_->normalize(chooseRows(x.narrow(1, prefix, x.size(1) - prefix), split, rows)), predict_);
}

Features TransformerHead::look(const Features& features, const TokenSplit* split, const Taps& taps) {
    Features inside;
    inside.geometry = features.geometry;
    const at::Tensor x = transformer_->normalize(runBlocks(features, split, taps, inside));
    const std::int64_t prefix = features.prefixCount();
    if (prefix > 0) inside.prefix = x.narrow(1, 0, prefix);
    inside.tokens = x.narrow(1, prefix, x.size(1) - prefix);
    return inside;
}

}  // namespace maskscope
