#include "encoders/graph_encoder.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

MessageParams withEdges(MessageParams params, const GraphInput& input) {
    params.edgeFeatures = input.edgeFeatures;
    return params;
}

/// The mask that hides edges, or null.
const Mask* edgeMask(const MaskPlan& plan) {
    for (const Mask& mask : plan.masks())
        if (mask.space == MaskSpace::Edge) return &mask;
    return nullptr;
}

/// Another real node of the same graph for every node. @param choice  [B, N] in [0, 1)
at::Tensor drawnNodes(const at::Tensor& nodes, const at::Tensor& choice, const at::Tensor& valid) {
    const at::Tensor count = valid.sum(1, true);  // real nodes come first
    const at::Tensor index = at::minimum(choice.mul(count).to(at::kLong), count - 1).clamp_min(0);
    return nodes.gather(1, index.unsqueeze(-1).expand_as(nodes));
}

}  // namespace

GraphEncoder::GraphEncoder(const MessageParams& params, const std::string& initialization, const InputSpec& input, const char* who)
    : params_(withEdges(params, input.graph(who))), initialization_(initialization), input_(input.graph(who)), embed_(nullptr) {
    if (input_.nodeFeatures < 1)
        throw RecipeError(fmt::format("{}: input.node_features is 0, to be learned from the data; set it where there are none", who));
    embed_ = register_module("embed", torch::nn::Linear(input_.nodeFeatures, params.width));
    messages_ = register_module("messages", std::make_shared<MessagePassing>(params_));
}

bool GraphEncoder::honours(const Corruption& corruption) const {
    if (corruption.kind == CorruptionKind::None) return true;
    return (corruption.kind == CorruptionKind::Token || corruption.kind == CorruptionKind::Zero) && corruption.place != CorruptionPlace::Layer;
}

void GraphEncoder::prepare(const Corruption& corruption) {
    if (corruption.kind != CorruptionKind::Token) return;
    const bool atInput = corruption.place == CorruptionPlace::Input;
    if (atInput && !inputMaskToken_.defined()) inputMaskToken_ = register_parameter("input_mask_token", torch::zeros({input_.nodeFeatures}));
    if (!atInput && !maskToken_.defined()) maskToken_ = register_parameter("mask_token", torch::zeros({params_.width}));
    if (input_.edgeFeatures > 0 && !edgeMaskToken_.defined())
        edgeMaskToken_ = register_parameter("edge_mask_token", torch::zeros({input_.edgeFeatures}));
}

void GraphEncoder::checkView(const View& view) const {
    requireShape(view.tensor("nodes"), {kAnySize, kAnySize, input_.nodeFeatures}, "nodes of the view");
    if (input_.edgeFeatures > 0) requireShape(view.tensor("edges"), {kAnySize, kAnySize, input_.edgeFeatures}, "edges of the view");
}

at::Tensor GraphEncoder::embed(at::Tensor nodes, const Mask* mask, const Corruption& corruption, const Geometry& geometry) {
    if (mask == nullptr) return embed_->forward(nodes);
    at::Tensor hidden = mask->hidden.to(nodes.device()).gt(0.5);
    if (corruption.drawsChances()) {
        if (!mask->chance.defined()) throw ShapeError(fmt::format("mask '{}' holds no chances, but the corruption replaces at random", mask->role));
        const at::Tensor fate = mask->chance.to(nodes.device()).select(-1, 0), choice = mask->chance.to(nodes.device()).select(-1, 1);
        const at::Tensor random =
            hidden.logical_and(fate.ge(corruption.keepShare)).logical_and(fate.lt(corruption.keepShare + corruption.randomShare));
        nodes = at::where(random.unsqueeze(-1), drawnNodes(nodes, choice, geometry.valid), nodes);
        hidden = hidden.logical_and(fate.ge(corruption.keepShare + corruption.randomShare));
    }
    hidden = hidden.unsqueeze(-1);
    const bool token = corruption.kind == CorruptionKind::Token;
    if (corruption.place == CorruptionPlace::Input)
        return embed_->forward(token ? at::where(hidden, inputMaskToken_, nodes) : nodes.masked_fill(hidden, 0.0));
    const at::Tensor embedded = embed_->forward(nodes);
    return token ? at::where(hidden, maskToken_, embedded) : embedded.masked_fill(hidden, 0.0);
}

at::Tensor GraphEncoder::corruptEdges(const at::Tensor& edges, const Mask* mask, const Corruption& corruption) const {
    // Without a mask of edges, the token still takes part with the weight 0, so that it has a gradient.
    const at::Tensor hidden =
        mask != nullptr ? mask->hidden.to(edges.device()).gt(0.5).unsqueeze(-1) : at::zeros({1, 1, 1}, edges.options().dtype(at::kBool));
    return corruption.kind == CorruptionKind::Token ? at::where(hidden, edgeMaskToken_, edges) : edges.masked_fill(hidden, 0.0);
}

Features GraphEncoder::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    checkView(view);
    const bool corrupts = corruption.kind != CorruptionKind::None;
    const std::int64_t copies = corrupts ? plan.copies() : 1;
    at::Tensor nodes = view.tensor("nodes"), edges = input_.edgeFeatures > 0 ? view.tensor("edges") : at::Tensor();
    for (at::Tensor* tensor : {&nodes, &edges})
        if (tensor->defined() && copies > 1) *tensor = tensor->repeat_interleave(copies, 0);

    Features features;
    features.geometry = repeatedGraphs(view.geometry, copies);
    const Mask* mask = corrupts ? &plan.mask(corruption.role) : nullptr;
    if (mask != nullptr && mask->space == MaskSpace::Edge) mask = nullptr;
    if (corrupts && edges.defined()) edges = corruptEdges(edges, edgeMask(plan), corruption);
    const at::Tensor embedded = embed(nodes, mask, corruption, features.geometry);
    features.tokens = messages_->forward(embedded, MessageEdges::of(features.geometry, edges), taps, features);
    return features;
}

std::int64_t GraphEncoder::layerOf(const std::string& parameterName) const {
    for (const std::string part : {"messages.layer", "messages.norm"})
        if (parameterName.compare(0, part.size(), part) == 0) return 1 + std::stoll(parameterName.substr(part.size()));
    return 0;
}

}  // namespace maskscope
