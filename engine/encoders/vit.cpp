#include "encoders/vit.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/gather.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

namespace maskscope {

Vit::Params Vit::Params::read(ParamReader& reader) {
    Params p;
    p.transformer = TransformerParams::read(reader, {});
    p.cls = reader.flag("cls", true, "whether a class token runs along with the patches");
    p.registers = reader.integer("registers", 0, Range::between(0, 1024), "learned tokens beside the class token that belong to no patch");
    p.patchBias = reader.flag("patch_bias", true, "whether the projection of patches has a bias (CLIP: none)");
    p.embeddingNorm = reader.flag("embedding_norm", false, "a norm between the embedding and the first block (CLIP)");
    p.positions = readPositionKind(reader);
    p.places = GridPlaceParams::read(reader);
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

Vit::Vit(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'vit'")) {
    const std::int64_t width = params.transformer.width;
    patchEmbedding_ = register_module("patch_embed", std::make_shared<PatchEmbedding>(input_, width, params.patchBias));
    positions_ = register_module("pos_embed", std::make_shared<PositionTable>(params.positions, input, width));
    places_ = register_module(
        "places", std::make_shared<GridPlaces>(params.places, input_.gridRows(), input_.gridColumns(), prefixCount(), params.transformer));
    transformer_ = register_module("transformer", std::make_shared<Transformer>(params.transformer));
    if (params.cls) clsToken_ = register_parameter("cls_token", torch::zeros({width}));
    if (params.registers > 0) registers_ = register_parameter("register_table", torch::zeros({params.registers, width}));
    if (params.embeddingNorm)
        embeddingNorm_ = register_module("embedding_norm", std::make_shared<Norm>(params.transformer.normKind, width, params.transformer.normEps));
}

bool Vit::honours(const Corruption& corruption) const {
    switch (corruption.kind) {
        case CorruptionKind::None:
            return true;
        case CorruptionKind::Drop:
            return corruption.place == CorruptionPlace::Embedding;
        case CorruptionKind::Zero:
            return corruption.place == CorruptionPlace::Embedding || (corruption.place == CorruptionPlace::Input && !input_.overlaps());
        case CorruptionKind::Token:
            return corruption.place == CorruptionPlace::Embedding ||
                   (corruption.place == CorruptionPlace::Layer && corruption.layer < params_.transformer.depth);
        default:
            return false;
    }
}

void Vit::prepare(const Corruption& corruption) {
    if (corruption.kind == CorruptionKind::Token && !maskToken_.defined())
        maskToken_ = register_parameter("mask_token", torch::zeros({params_.transformer.width}));
}

at::Tensor Vit::replaceHidden(const at::Tensor& tokens, const at::Tensor& hidden, CorruptionKind kind) const {
    const at::Tensor weight = hidden.to(tokens.device(), tokens.scalar_type()).unsqueeze(-1);
    const at::Tensor kept = tokens * (1 - weight);
    return kind == CorruptionKind::Token ? kept + maskToken_ * weight : kept;
}

Vit::Embedded Vit::embed(const at::Tensor& patches, const MaskPlan& plan, const Corruption& corruption) {
    if (corruption.kind == CorruptionKind::Drop) {
        const TokenSplit& split = plan.split(corruption.role);
        const at::Tensor tokens = patchEmbedding_->forward(takeTokens(patches, split.visible));
        return {positions_->addTo(tokens, split.visible), split.visibleReal};
    }
    at::Tensor tokens = patchEmbedding_->forward(patches);
    if (corruption.kind != CorruptionKind::None && corruption.place == CorruptionPlace::Embedding)
        tokens = replaceHidden(tokens, plan.mask(corruption.role).hidden, corruption.kind);
    return {positions_->addTo(tokens, {}), {}};
}

at::Tensor Vit::prependPrefix(const at::Tensor& tokens, at::Tensor& keyReal) const {
    if (prefixCount() == 0) return tokens;
    if (keyReal.defined()) keyReal = at::cat({at::ones({keyReal.size(0), prefixCount()}, keyReal.options()), keyReal}, 1);
    std::vector<at::Tensor> parts;
    if (params_.cls) parts.push_back(clsToken_.expand({tokens.size(0), 1, width()}));
    if (params_.registers > 0) parts.push_back(registers_.expand({tokens.size(0), params_.registers, width()}));
    parts.push_back(tokens);
    return at::cat(parts, 1);
}

Features Vit::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    const at::Tensor& pixels = view.pixels();
    if (pixels.size(1) != input_.channels || pixels.size(2) != input_.height || pixels.size(3) != input_.width)
        throw ShapeError(fmt::format("the ViT was made for images of {} x {} x {} (channels, height, width), found {} x {} x {}", input_.channels,
                                     input_.height, input_.width, pixels.size(1), pixels.size(2), pixels.size(3)));
    const bool atInput = corruption.kind != CorruptionKind::None && corruption.place == CorruptionPlace::Input;
    at::Tensor patches = patchify(atInput ? withoutHidden(pixels, plan, corruption.role, input_) : pixels, input_);
    if (!atInput && corruption.kind != CorruptionKind::None && plan.copies() > 1) patches = patches.repeat_interleave(plan.copies(), 0);

    Features features;
    features.dropped = corruption.kind == CorruptionKind::Drop;
    features.geometry = Geometry::grid(patches.size(0), {input_.gridRows(), input_.gridColumns()});
    Embedded embedded = embed(patches, plan, corruption);
    at::Tensor x = prependPrefix(embedded.tokens, embedded.keyReal);
    if (embeddingNorm_) x = embeddingNorm_->forward(x);
    const std::int64_t prefix = prefixCount();
    const GridPlaces::Pass places = places_->begin(x, embedded.keyReal, features.dropped ? plan.split(corruption.role).visible : at::Tensor());
    for (std::int64_t layer = 0; layer < depth(); ++layer) {
        if (corruption.place == CorruptionPlace::Layer && corruption.layer == layer && corruption.kind != CorruptionKind::None) {
            const at::Tensor tokens = replaceHidden(x.narrow(1, prefix, x.size(1) - prefix), plan.mask(corruption.role).hidden, corruption.kind);
            x = at::cat({x.narrow(1, 0, prefix), tokens}, 1);
        }
        x = transformer_->runBlock(layer, x, places.of(layer), taps, features);
    }
    x = transformer_->normalize(x);
    if (prefix > 0) features.prefix = x.narrow(1, 0, prefix);
    features.tokens = x.narrow(1, prefix, x.size(1) - prefix);
    if (features.dropped) {
        features.places = plan.split(corruption.role).visible;
        features.placesReal = plan.split(corruption.role).visibleReal;
    }
    return features;
}

std::int64_t Vit::layerOf(const std::string& parameterName) const {
    const std::string block = "transformer.block";
    if (parameterName.compare(0, block.size(), block) == 0) return 1 + std::stoll(parameterName.substr(block.size()));
    return parameterName.compare(0, 11, "transformer") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
