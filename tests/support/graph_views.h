#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "tensor/mask_plan.h"
#include "tensor/view.h"

/// Batches of graphs that tests build by hand. Only for folders with TORCH modules.
namespace maskscope::testing {

using EdgeList = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// A graph: its number of nodes and its edges.
struct PlainGraph {
    std::int64_t nodes = 0;
    EdgeList edges;
};

/// A batch with normal attributes in double; padding holds attributes, too, which must not matter. Graph g draws from a
/// generator of its own, so that it has the same attributes in every batch.
/// @param seeds  of the graphs; empty: 0, 1, ...
inline View graphView(const std::vector<PlainGraph>& graphs, std::int64_t nodeFeatures, std::int64_t edgeFeatures,
                      std::vector<std::uint64_t> seeds = {}) {
    const auto batch = static_cast<std::int64_t>(graphs.size());
    std::int64_t nodes = 1, slots = 1;
    for (const PlainGraph& graph : graphs) {
        nodes = std::max(nodes, graph.nodes);
        slots = std::max(slots, static_cast<std::int64_t>(graph.edges.size()));
    }
    View view;
    view.tensors["nodes"] = torch::full({batch, nodes, nodeFeatures}, 3.25, torch::kDouble);
    if (edgeFeatures > 0) view.tensors["edges"] = torch::full({batch, slots, edgeFeatures}, -1.75, torch::kDouble);
    view.geometry = Geometry::sequence(batch, nodes, torch::zeros({batch, nodes}, torch::kBool));
    view.geometry.kind = GeometryKind::Graph;
    view.geometry.edgeValid = torch::zeros({batch, slots}, torch::kBool);
    std::vector<std::int64_t> from, to, slot;
    for (std::int64_t b = 0; b < batch; ++b) {
        const PlainGraph& graph = graphs[static_cast<std::size_t>(b)];
        const auto edges = static_cast<std::int64_t>(graph.edges.size());
        auto generator = at::detail::createCPUGenerator(seeds.empty() ? static_cast<std::uint64_t>(b) : seeds[static_cast<std::size_t>(b)]);
        view.tensors["nodes"][b].narrow(0, 0, graph.nodes).copy_(torch::randn({graph.nodes, nodeFeatures}, generator, torch::kDouble));
        if (edgeFeatures > 0) view.tensors["edges"][b].narrow(0, 0, edges).copy_(torch::randn({edges, edgeFeatures}, generator, torch::kDouble));
        view.geometry.valid[b].narrow(0, 0, graph.nodes).fill_(true);
        view.geometry.edgeValid[b].narrow(0, 0, edges).fill_(true);
        for (std::int64_t i = 0; i < edges; ++i) {
            const auto [u, v] = graph.edges[static_cast<std::size_t>(i)];
            for (const auto& [a, c] : {std::pair(u, v), std::pair(v, u)}) {
                from.push_back(b * nodes + a);
                to.push_back(b * nodes + c);
                slot.push_back(b * slots + i);
            }
        }
        view.sampleIds.push_back(b);
    }
    view.geometry.edges = torch::stack({torch::tensor(from, torch::kLong), torch::tensor(to, torch::kLong)});
    view.geometry.edgeSlots = torch::tensor(slot, torch::kLong);
    return view;
}

inline const PlainGraph kTriangleWithTail{4, {{0, 1}, {1, 2}, {0, 2}, {2, 3}}};
inline const PlainGraph kPath{3, {{0, 1}, {1, 2}}};
inline const PlainGraph kNoEdges{2, {}};

inline void addMask(MaskPlan& plan, const at::Tensor& hidden, const std::string& role, MaskSpace space, const at::Tensor& valid,
                    const at::Tensor& chance = {}) {
    Mask mask;
    mask.role = role;
    mask.space = space;
    mask.hidden = hidden.to(torch::kFloat);
    mask.chance = chance;
    plan.add(std::move(mask), valid);
}

/// Compares gradients of all parameters with finite differences. @return the largest relative difference
template <typename LossOf>
double worstSlope(torch::nn::Module& module, const LossOf& lossOf) {
    module.zero_grad();
    lossOf().backward();
    double worst = 0.0;
    for (const auto& item : module.named_parameters()) {
        at::Tensor value = item.value().detach().view(-1);
        const at::Tensor gradient = item.value().grad().defined() ? item.value().grad().reshape(-1) : torch::zeros_like(value);
        for (std::int64_t i = 0; i < value.numel(); ++i) {
            const double kept = value[i].template item<double>(), step = 1e-6;
            const auto at = [&](double moved) {
                value[i] = moved;
                const torch::NoGradGuard noGrad;
                const double loss = lossOf().template item<double>();
                value[i] = kept;
                return loss;
            };
            const double slope = (at(kept + step) - at(kept - step)) / (2 * step);
            worst = std::max(worst, std::abs(slope - gradient[i].template item<double>()) / std::max(1.0, std::abs(slope)));
        }
    }
    return worst;
}

}  // namespace maskscope::testing
