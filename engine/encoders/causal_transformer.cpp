#include "encoders/causal_transformer.h"

#include <limits>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

/// What is added to the scores: the least number of the type where a query would see what comes later.
/// @return [1, N, N] (query, key), or with padding [B, 1, N, N]
at::Tensor causalBias(std::int64_t tokens, const at::Tensor& valid, const at::TensorOptions& options) {
    const double least = options.dtype() == at::kDouble ? std::numeric_limits<double>::lowest() : std::numeric_limits<float>::lowest();
    const at::Tensor later = at::ones({tokens, tokens}, options.dtype(at::kBool)).triu(1);
    const at::Tensor causal = at::zeros({1, tokens, tokens}, options).masked_fill(later, least);
    if (!valid.defined()) return causal;
    // A sum of two of the least numbers is -infinity, so that padding before the first real token still leaves each query a key.
    return causal + at::zeros({valid.size(0), 1, 1, tokens}, options).masked_fill(valid.logical_not().view({-1, 1, 1, tokens}), least);
}

}  // namespace

CausalTransformer::Params CausalTransformer::Params::read(ParamReader& reader) {
    Params p;
    p.transformer =
        TransformerParams::read(reader, {.width = 128, .depth = 4, .heads = 4, .normEps = 1e-5, .activation = "quick_gelu", .normKind = "rms"});
    p.shifted =
        reader.flag("shifted", false, "a start token comes first and the last code is left out, so that a place is predicted from those before");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

CausalTransformer::CausalTransformer(const Params& params, const InputSpec& input)
    : params_(params), input_(input.text("encoder 'causal_transformer'")) {
    const std::int64_t width = params.transformer.width;
    words_ = register_parameter("word_table", torch::zeros({input_.vocabulary, width}));
    positions_ = register_parameter("position_table", torch::zeros({input_.length, width}));
    transformer_ = register_module("transformer", std::make_shared<Transformer>(params.transformer));
}

at::Tensor CausalTransformer::embed(const View& view, const at::Tensor& tokens) const {
    const auto given = [&](const char* name) {
        const auto place = view.tensors.find(name);
        return place == view.tensors.end() ? at::Tensor() : place->second;
    };
    const at::Tensor places = given("places"), types = given("types");
    const at::Tensor positions = places.defined() ? at::embedding(positions_, places) : positions_.narrow(0, 0, tokens.size(1));
    const at::Tensor x = at::embedding(words_, tokens) + positions;
    return types.defined() ? x + at::embedding(words_, types) : x;
}

Features CausalTransformer::forward(const View& view, const MaskPlan& /*plan*/, const Corruption& /*corruption*/, const Taps& taps) {
    const at::Tensor &tokens = view.tensor("tokens"), &valid = view.geometry.valid;
    if (tokens.dim() != 2 || tokens.size(1) > input_.length)
        throw ShapeError(fmt::format("the causal transformer was made for {} tokens at most, found {}; choose a larger input.length", input_.length,
                                     tokens.size(-1)));
    Features features;
    features.geometry = view.geometry.repeated(tokens.size(0), valid);
    features.vocabulary = words_;
    features.seen = tokens;
    const at::Tensor start = at::full({tokens.size(0), 1}, input_.classToken, tokens.options());
    const at::Tensor x = embed(view, params_.shifted ? at::cat({start, tokens.narrow(1, 0, tokens.size(1) - 1)}, 1) : tokens);
    AttentionContext context;
    context.bias = causalBias(tokens.size(1), valid, x.options());
    features.tokens = transformer_->normalize(transformer_->forward(x, context, taps, features));
    return features;
}

std::int64_t CausalTransformer::layerOf(const std::string& parameterName) const {
    const std::string block = "transformer.block";
    if (parameterName.compare(0, block.size(), block) == 0) return 1 + std::stoll(parameterName.substr(block.size()));
    return parameterName.compare(0, 11, "transformer") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
