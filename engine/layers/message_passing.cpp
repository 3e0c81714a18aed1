#include "layers/message_passing.h"

#include <string>

#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

MessageEdges MessageEdges::of(const Geometry& geometry, const at::Tensor& slots) {
    if (geometry.kind != GeometryKind::Graph || !geometry.edges.defined())
        throw ShapeError("message passing needs a graph with edges in its geometry; choose a recipe of graphs");
    MessageEdges edges{geometry.edges[0], geometry.edges[1], {}, geometry.batch * geometry.tokens()};
    if (slots.defined()) edges.attributes = slots.flatten(0, 1).index_select(0, geometry.edgeSlots);
    return edges;
}

at::Tensor sumByGroup(const at::Tensor& values, const at::Tensor& groups, std::int64_t count) {
    std::vector<std::int64_t> shape = values.sizes().vec();
    shape.front() = count;
    return at::zeros(shape, values.options()).index_add(0, groups, values);
}

at::Tensor softmaxByGroup(const at::Tensor& logits, const at::Tensor& groups, std::int64_t count) {
    // The largest logit of a group drops out of the quotient; it only keeps the exponentials finite.
    const at::Tensor index = groups.unsqueeze(-1).expand_as(logits);
    const at::Tensor largest = at::full({count, logits.size(1)}, -INFINITY, logits.options()).scatter_reduce(0, index, logits.detach(), "amax");
    const at::Tensor weights = (logits - largest.index_select(0, groups)).exp();
    return weights / sumByGroup(weights, groups, count).index_select(0, groups);
}

Geometry repeatedGraphs(const Geometry& geometry, std::int64_t copies) {
    if (copies == 1) return geometry;
    Geometry repeated = geometry;
    repeated.batch = geometry.batch * copies;
    for (at::Tensor* tensor : {&repeated.coords, &repeated.valid, &repeated.maskable, &repeated.groups, &repeated.edgeValid})
        if (tensor->defined()) *tensor = tensor->repeat_interleave(copies, 0);
    const auto shifted = [&](const at::Tensor& numbers, std::int64_t perSample) {
        std::vector<at::Tensor> parts;
        for (std::int64_t copy = 0; copy < copies; ++copy)
            parts.push_back((numbers.div(perSample, "floor") * copies + copy) * perSample + numbers.remainder(perSample));
        return at::cat(parts, -1);
    };
    repeated.edges = shifted(geometry.edges, geometry.tokens());
    repeated.edgeSlots = shifted(geometry.edgeSlots, geometry.edgeValid.size(1));
    return repeated;
}

MessageParams MessageParams::read(ParamReader& reader, MessageParams p) {
    p.width = reader.integer("width", p.width, Range::atLeast(1), "channels of a node (D)");
    p.depth = reader.integer("depth", p.depth, Range::between(1, 100), "rounds of messages: how many edges away a node hears");
    if (p.layer == "gin") {
        p.epsilon = reader.number("epsilon", p.epsilon, {}, "extra weight of a node itself in the sum with its neighbours");
    } else {
        p.heads = reader.integer("heads", p.heads, Range::atLeast(1), "attention heads; they divide the width");
        p.slope = reader.number("slope", p.slope, Range::between(0, 1), "of the leaky ReLU over attention logits, below zero");
        if (!reader.isDocumenting() && p.width % p.heads != 0)
            reader.fail("heads", "is " + std::to_string(p.heads) + ", expected a divisor of the width " + std::to_string(p.width));
    }
    p.norm = reader.flag("norm", p.norm, "whether a layer norm over a node's channels follows every round");
    p.residual = reader.flag("residual", p.residual, "whether every round is added to what came before");
    return p;
}

GinLayer::GinLayer(const MessageParams& params) : epsilon_(params.epsilon), fc1_(nullptr), fc2_(nullptr), edge_(nullptr) {
    if (params.edgeFeatures > 0) edge_ = register_module("edge", torch::nn::Linear(params.edgeFeatures, params.width));
    fc1_ = register_module("fc1", torch::nn::Linear(params.width, params.width));
    fc2_ = register_module("fc2", torch::nn::Linear(params.width, params.width));
}

at::Tensor GinLayer::forward(const at::Tensor& nodes, const MessageEdges& edges, at::Tensor*) {
    at::Tensor messages = nodes.index_select(0, edges.from);
    if (!edge_.is_empty()) messages = messages + edge_->forward(edges.attributes);
    const at::Tensor heard = nodes * (1.0 + epsilon_) + sumByGroup(messages, edges.to, edges.rows);
    return fc2_->forward(at::relu(fc1_->forward(heard)));
}

GatLayer::GatLayer(const MessageParams& params) : heads_(params.heads), slope_(params.slope), project_(nullptr), edge_(nullptr) {
    const auto options = [&](std::int64_t inputs) { return torch::nn::LinearOptions(inputs, params.width).bias(false); };
    project_ = register_module("project", torch::nn::Linear(options(params.width)));
    toWeight_ = register_parameter("to_weight", torch::zeros({heads_, params.width / heads_}));
    fromWeight_ = register_parameter("from_weight", torch::zeros({heads_, params.width / heads_}));
    if (params.edgeFeatures > 0) {
        edge_ = register_module("edge", torch::nn::Linear(options(params.edgeFeatures)));
        edgeWeight_ = register_parameter("edge_weight", torch::zeros({heads_, params.width / heads_}));
    }
    bias_ = register_parameter("bias", torch::zeros({params.width}));
}

at::Tensor GatLayer::forward(const at::Tensor& nodes, const MessageEdges& edges, at::Tensor* probabilities) {
    const auto perHead = [&](const at::Tensor& x) { return x.unflatten(-1, {heads_, -1}); };
    const at::Tensor itself = at::arange(edges.rows, edges.to.options());
    const at::Tensor from = at::cat({edges.from, itself}), to = at::cat({edges.to, itself});
    const at::Tensor projected = perHead(project_->forward(nodes));  // [R, heads, D / heads]
    at::Tensor logits = (projected * fromWeight_).sum(-1).index_select(0, from) + (projected * toWeight_).sum(-1).index_select(0, to);
    if (!edge_.is_empty()) {
        const at::Tensor ofEdges = (perHead(edge_->forward(edges.attributes)) * edgeWeight_).sum(-1);
        logits = logits + at::cat({ofEdges, at::zeros({edges.rows, heads_}, ofEdges.options())});
    }
    const at::Tensor attention = softmaxByGroup(at::leaky_relu(logits, slope_), to, edges.rows);  // [E + R, heads]
    if (probabilities != nullptr) *probabilities = attention;
    const at::Tensor mixed = sumByGroup(projected.index_select(0, from) * attention.unsqueeze(-1), to, edges.rows);
    return mixed.flatten(1) + bias_;
}

namespace {

/// Attention of edges as a map between the nodes of a sample. @param attention [E + R, heads] @return [B, heads, N, N]
at::Tensor attentionMaps(const at::Tensor& attention, const MessageEdges& edges, std::int64_t batch, std::int64_t count) {
    const at::Tensor itself = at::arange(edges.rows, edges.to.options());
    const at::Tensor cells = at::cat({edges.to, itself}) * count + at::cat({edges.from, itself}).remainder(count);
    return sumByGroup(attention, cells, batch * count * count).view({batch, count, count, -1}).permute({0, 3, 1, 2});
}

}  // namespace

MessagePassing::MessagePassing(const MessageParams& params) : params_(params) {
    for (std::int64_t i = 0; i < params.depth; ++i) {
        const std::string name = "layer" + std::to_string(i);
        std::shared_ptr<MessageLayer> layer;
        if (params.layer == "gat")
            layer = std::make_shared<GatLayer>(params);
        else
            layer = std::make_shared<GinLayer>(params);
        layers_.push_back(register_module(name, std::move(layer)));
        if (params.norm)
            norms_.push_back(register_module("norm" + std::to_string(i), torch::nn::LayerNorm(torch::nn::LayerNormOptions({params.width}))));
    }
}

at::Tensor MessagePassing::forward(const at::Tensor& nodes, const MessageEdges& edges, const Taps& taps, Features& features) {
    at::Tensor x = nodes.flatten(0, 1);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        at::Tensor attention;
        at::Tensor next = layers_[i]->forward(x, edges, taps.attentions ? &attention : nullptr);
        if (attention.defined()) features.attentions.push_back(attentionMaps(attention, edges, nodes.size(0), nodes.size(1)));
        if (params_.norm) next = norms_[i]->forward(next);
        if (i + 1 < layers_.size()) next = params_.layer == "gat" ? at::elu(next) : at::relu(next);
        x = params_.residual ? x + next : next;
        if (taps.layers) features.layers.push_back(x.view_as(nodes));
    }
    return x.view_as(nodes);
}

}  // namespace maskscope
