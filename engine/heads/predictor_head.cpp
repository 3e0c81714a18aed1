#include "heads/predictor_head.h"

#include <torch/torch.h>

#include "core/error.h"
#include "layers/linear_map.h"

namespace maskscope {
namespace {

/// Places that are asked for, and which of them are no padding.
struct Asked {
    at::Tensor places;  // [B, R] int64
    at::Tensor real;    // [B, R] bool; undefined: all
};

Asked askedPlaces(const Features& features, const TokenSplit* split, TokenChoice rows) {
    if (rows == TokenChoice::Class) throw ShapeError("head 'predictor' says nothing about the class token; choose head 'mlp' or 'linear'");
    const at::Tensor& tokens = features.tokens;
    if (rows == TokenChoice::All) return {at::arange(features.geometry.tokens(), tokens.options().dtype(at::kLong)).expand({tokens.size(0), -1}), {}};
    if (split == nullptr) throw ShapeError("nothing was hidden, so head 'predictor' does not know what to predict");
    return rows == TokenChoice::Hidden ? Asked{split->hidden, split->hiddenReal} : Asked{split->visible, split->visibleReal};
}

/// [B, K + R] bool; undefined where nothing is padding.
at::Tensor keysOf(const at::Tensor& seen, std::int64_t seenCount, const at::Tensor& asked, std::int64_t askedCount, std::int64_t batch) {
    if (!seen.defined() && !asked.defined()) return {};
    const auto filled = [&](const at::Tensor& real, std::int64_t count) {
        return real.defined() ? real : at::ones({batch, count}, (seen.defined() ? seen : asked).options());
    };
    return at::cat({filled(seen, seenCount), filled(asked, askedCount)}, 1);
}

}  // namespace

PredictorHead::Params PredictorHead::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(reader, {.width = 384, .depth = 6, .heads = 12});
    p.positions = readPositionKind(reader);
    return p;
}

PredictorHead::PredictorHead(const Params& params, const HeadContext& context) : embed_(nullptr), predict_(nullptr) {
    const std::int64_t width = params.transformer.width;
    embed_ = register_module("embed", torch::nn::Linear(context.featureWidth, width));
    maskToken_ = register_parameter("mask_token", torch::zeros({width}));
    positions_ = register_module("pos_embed", std::make_shared<PositionTable>(params.positions, context.input, width));
    transformer_ = register_module("transformer", std::make_shared<Transformer>(params.transformer));
    predict_ = register_module("predict", torch::nn::Linear(width, context.targetWidth));
}

at::Tensor PredictorHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const Asked asked = askedPlaces(features, split, rows);
    if (features.dropped && !features.places.defined())
        throw ShapeError("head 'predictor' must know which tokens the encoder kept, and this encoder does not tell; choose encoder 'vit'");
    const at::Tensor seen = positions_->addTo(linearMap(features.tokens, embed_), features.places);
    const std::int64_t batch = seen.size(0), seenCount = seen.size(1), askedCount = asked.places.size(1);
    const at::Tensor mask = maskToken_.to(seen.scalar_type()).expand({batch, askedCount, seen.size(2)});
    const at::Tensor tokens = at::cat({seen, positions_->addTo(mask, asked.places)}, 1);
    const AttentionContext context(keysOf(features.placesReal, seenCount, asked.real, askedCount, batch));
    return linearMap(transformer_->normalize(transformer_->forwardFrom(seenCount, tokens, context)), predict_);
}

}  // namespace maskscope
