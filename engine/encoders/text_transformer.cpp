#include "encoders/text_transformer.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/rotary.h"

namespace maskscope {

TextTransformer::Params TextTransformer::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(reader, {.width = 128, .depth = 4, .heads = 4, .normEps = 1e-12, .normPlace = NormPlace::After});
    p.embedding.positionOffset =
        reader.integer("position_offset", 0, Range::between(0, 1024), "rows of the position table that come before the first token's (RoBERTa: 2)");
    p.embedding.types =
        reader.integer("token_types", 0, Range::between(0, 1024), "kinds of tokens with an embedding of their own (BERT: 2); 0: none");
    p.embedding.normEps = p.transformer.normEps;
    p.embedding.positions = reader.flag("position_table", true, "whether a learned vector for its place is added to each token");
    p.embedding.norm = reader.flag("embedding_norm", true, "whether a layer norm follows the embedding");
    p.embedding.tokenDropout =
        reader.flag("token_dropout", false, "vectors of mask tokens become 0, those of the others are scaled up for it (ESM-2)");
    p.embedding.zerosPadding = reader.flag("zero_padding", false, "vectors of padding become 0 before the first block (ESM-2)");
    p.rotary = reader.flag("rotary", false, "queries and keys turn with their place (ESM-2); the width of a head is even");
    p.rotaryBase = reader.number("rotary_base", 10000.0, Range::positive(), "the slowest rotary frequency is about 1 / rotary_base");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

TextTransformer::TextTransformer(const Params& params, const InputSpec& input) : params_(params), input_(input.text("encoder 'text_transformer'")) {
    embedding_ = register_module("embed", std::make_shared<TokenEmbedding>(input_, params.transformer.width, params.embedding));
    transformer_ = register_module("transformer", std::make_shared<Transformer>(params.transformer));
}

bool TextTransformer::honours(const Corruption& corruption) const {
    return corruption.kind == CorruptionKind::None || (corruption.kind == CorruptionKind::Token && corruption.place != CorruptionPlace::Layer);
}

at::Tensor TextTransformer::replaceHidden(const at::Tensor& tokens, const Mask& mask, const Corruption& corruption) const {
    const at::Tensor hidden = mask.hidden.to(tokens.device()).gt(0.5);
    if (!corruption.drawsChances()) return tokens.masked_fill(hidden, input_.maskToken);
    if (!mask.chance.defined()) throw ShapeError(fmt::format("mask '{}' holds no chances, but the corruption replaces at random", mask.role));
    const at::Tensor fate = mask.chance.to(tokens.device()).select(-1, 0), choice = mask.chance.to(tokens.device()).select(-1, 1);
    const std::int64_t content = input_.contents();
    const at::Tensor drawn = choice.mul(static_cast<double>(content)).to(at::kLong).clamp_max(content - 1).add(input_.firstContent);
    const at::Tensor masked = at::where(fate.lt(corruption.keepShare + corruption.randomShare), drawn, input_.maskToken);
    return at::where(hidden.logical_and(fate.ge(corruption.keepShare)), masked, tokens);
}

/// Fills `tokens` with the embedding, and what heads need to know.
Features TextTransformer::embedded(const View& view, const MaskPlan& plan, const Corruption& corruption) {
    at::Tensor tokens = view.tensor("tokens"), valid = view.geometry.valid;
    if (tokens.dim() != 2 || tokens.size(1) > input_.length)
        throw ShapeError(fmt::format("the text transformer was made for {} tokens at most, found {}; choose a larger input.length", input_.length,
                                     tokens.size(-1)));
    const auto find = [&](const char* name) {
        const auto place = view.tensors.find(name);
        return place == view.tensors.end() ? at::Tensor() : place->second;
    };
    at::Tensor kinds = find("types"), positions = find("positions");
    if (corruption.kind != CorruptionKind::None) {
        for (at::Tensor* tensor : {&tokens, &valid, &kinds, &positions})
            if (tensor->defined() && plan.copies() > 1) *tensor = tensor->repeat_interleave(plan.copies(), 0);
        tokens = replaceHidden(tokens, plan.mask(corruption.role), corruption);
    }
    Features features;
    features.geometry = view.geometry.repeated(tokens.size(0), valid);
    features.vocabulary = embedding_->words();
    features.seen = tokens;
    features.tokens = embedding_->forward(tokens, valid, kinds, positions);
    return features;
}

Features TextTransformer::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    Features features = embedded(view, plan, corruption);
    AttentionContext context(features.geometry.valid);
    Rotary rotary;
    if (params_.rotary) {
        rotary = sequenceRotary(features.tokens.size(1), width() / params_.transformer.heads, params_.rotaryBase);
        for (at::Tensor* table : {&rotary.cosine, &rotary.sine}) *table = table->to(features.tokens.device());
        context.rotary = &rotary;
    }
    const at::Tensor x = transformer_->forward(features.tokens, context, taps, features);
    features.tokens = transformer_->normalize(x);
    return features;
}

std::int64_t TextTransformer::layerOf(const std::string& parameterName) const {
    const std::string block = "transformer.block";
    if (parameterName.compare(0, block.size(), block) == 0) return 1 + std::stoll(parameterName.substr(block.size()));
    return parameterName.compare(0, 11, "transformer") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
