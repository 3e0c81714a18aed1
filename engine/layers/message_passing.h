#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "core/param_reader.h"
#include "tensor/features.h"
#include "tensor/geometry.h"

namespace maskscope {

/// The directed edges of a batch over its R = B * N flattened nodes, as message passing needs them. No edge leaves its sample, so
/// neither padding nor other samples change what a real node gets.
struct MessageEdges {
    at::Tensor from, to;    // [E] int64
    at::Tensor attributes;  // [E, A] float; undefined: edges carry nothing
    std::int64_t rows = 0;  // R

    /// @param slots  [B, S, A] attributes of the undirected edges, or undefined
    static MessageEdges of(const Geometry& geometry, const at::Tensor& slots);
};

/// Sums rows that belong together, in the order of the rows: the same numbers every time on a processor.
/// @param values  [E, ...]   @param groups  [E] int64   @return [count, ...]
at::Tensor sumByGroup(const at::Tensor& values, const at::Tensor& groups, std::int64_t count);

/// Softmax among the rows of each group. @param logits [E, H] @param groups [E] int64 @return [E, H]
at::Tensor softmaxByGroup(const at::Tensor& logits, const at::Tensor& groups, std::int64_t count);

/// The geometry of a batch in which every sample stands `copies` times, copies next to each other.
Geometry repeatedGraphs(const Geometry& geometry, std::int64_t copies);

/// What message-passing layers share.
struct MessageParams {
    std::string layer = "gin";  // gin | gat
    std::int64_t width = 64;    // D
    std::int64_t depth = 3;
    std::int64_t heads = 4;         // gat
    double epsilon = 0.0;           // gin
    double slope = 0.2;             // gat
    std::int64_t edgeFeatures = 0;  // A; 0: edges carry nothing
    bool norm = true, residual = true;

    /// The settings of one kind of layer. @param defaults  whose `layer` says which
    static MessageParams read(ParamReader& reader, MessageParams defaults);
};

/// One round of messages between neighbours.
class MessageLayer : public torch::nn::Module {
public:
    /// @param nodes          [R, D]
    /// @param probabilities  receives the attention of each edge, [E + R, heads] (a node to itself last), where the layer has one
    /// @return               [R, D]
    virtual at::Tensor forward(const at::Tensor& nodes, const MessageEdges& edges, at::Tensor* probabilities) = 0;
};

/// Graph isomorphism layer: mlp((1 + epsilon) h_v + sum over neighbours u of h_u) (Xu et al., How Powerful are Graph Neural Networks?,
/// ICLR 2019, Eq. 4.1), with the embedded attributes of the edge added to h_u (Hu et al., Strategies for Pre-training Graph
/// Neural Networks, ICLR 2020, App. A). The MLP has two linear layers with a ReLU between them.
class GinLayer : public MessageLayer {
public:
    explicit GinLayer(const MessageParams& params);
    at::Tensor forward(const at::Tensor& nodes, const MessageEdges& edges, at::Tensor* probabilities) override;

private:
    double epsilon_;
    torch::nn::Linear fc1_, fc2_, edge_;
};

/// Graph attention layer (Velickovic et al., Graph Attention Networks, ICLR 2018, Eqs. 1-5): each head projects the nodes and mixes those of a
/// node's neighbours and its own by softmax(LeakyReLU(a . [W h_v, W h_u])); heads stand side by side. The projected attributes of
/// an edge add a term of their own to its logit.
class GatLayer : public MessageLayer {
public:
    explicit GatLayer(const MessageParams& params);
    at::Tensor forward(const at::Tensor& nodes, const MessageEdges& edges, at::Tensor* probabilities) override;

private:
    std::int64_t heads_;
    double slope_;
    torch::nn::Linear project_, edge_;
    at::Tensor toWeight_, fromWeight_, edgeWeight_;  // [heads, D / heads]: the parts of a
    at::Tensor bias_;
};

/// A stack of layers. After each: a layer norm over the channels of a node, ReLU (GAT: ELU, as in the paper; none after the last), and
/// the residual sum. A layer norm rather than a batch norm, so that no sample depends on its batch and there are no running statistics.
class MessagePassing : public torch::nn::Module {
public:
    explicit MessagePassing(const MessageParams& params);

    /// @param nodes  [B, N, D]
    /// @param taps   layers: `features.layers` gets [B, N, D] after each layer; attentions: `features.attentions` gets
    ///               [B, heads, N, N] of each GAT layer, 0 between nodes without an edge
    /// @return       [B, N, D]
    at::Tensor forward(const at::Tensor& nodes, const MessageEdges& edges, const Taps& taps, Features& features);

private:
    MessageParams params_;
    std::vector<std::shared_ptr<MessageLayer>> layers_;
    std::vector<torch::nn::LayerNorm> norms_;
};

}  // namespace maskscope
