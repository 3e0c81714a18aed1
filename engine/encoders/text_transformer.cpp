#include "encoders/text_transformer.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

TextTransformer::Params TextTransformer::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(reader, {.width = 128, .depth = 4, .heads = 4, .normEps = 1e-12, .postNorm = true});
    p.embedding.positionOffset =
        reader.integer("position_offset", 0, Range::between(0, 1024), "rows of the position table that come before the first token's (RoBERTa: 2)");
    p.embedding.types =
        reader.integer("token_types", 0, Range::between(0, 1024), "kinds of tokens with an embedding of their own (BERT: 2); 0: none");
    p.embedding.normEps = p.transformer.normEps;
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
    const std::int64_t content = input_.vocabulary - input_.firstContent;
    const at::Tensor drawn = choice.mul(static_cast<double>(content)).to(at::kLong).clamp_max(content - 1).add(input_.firstContent);
    const at::Tensor masked = at::where(fate.lt(corruption.keepShare + corruption.randomShare), drawn, input_.maskToken);
    return at::where(hidden.logical_and(fate.ge(corruption.keepShare)), masked, tokens);
}

Features TextTransformer::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    at::Tensor tokens = view.tensor("tokens"), valid = view.geometry.valid;
    if (tokens.dim() != 2 || tokens.size(1) > input_.length)
        throw ShapeError(fmt::format("the text transformer was made for {} tokens at most, found {}; choose a larger input.length", input_.length,
                                     tokens.size(-1)));
    const auto types = view.tensors.find("types");
    at::Tensor kinds = types == view.tensors.end() ? at::Tensor() : types->second;
    if (corruption.kind != CorruptionKind::None) {
        for (at::Tensor* tensor : {&tokens, &valid, &kinds})
            if (tensor->defined() && plan.copies() > 1) *tensor = tensor->repeat_interleave(plan.copies(), 0);
        tokens = replaceHidden(tokens, plan.mask(corruption.role), corruption);
    }
    Features features;
    features.geometry = Geometry::sequence(tokens.size(0), tokens.size(1), valid);
    features.vocabulary = embedding_->words();
    features.seen = tokens;
    const at::Tensor x = transformer_->forward(embedding_->forward(tokens, valid, kinds), valid, taps, features);
    features.tokens = transformer_->normalize(x);
    return features;
}

std::int64_t TextTransformer::layerOf(const std::string& parameterName) const {
    const std::string block = "transformer.block";
    if (parameterName.compare(0, block.size(), block) == 0) return 1 + std::stoll(parameterName.substr(block.size()));
    return parameterName.compare(0, 11, "transformer") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
