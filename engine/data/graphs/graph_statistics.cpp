#include "data/graphs/graph_statistics.h"

#include <algorithm>

#include <fmt/format.h>

namespace maskscope {
namespace {

void count(std::map<std::string, std::int64_t>& counts, const std::vector<std::int32_t>& kinds, const std::vector<std::string>& names) {
    for (const std::int32_t kind : kinds) ++counts[names[static_cast<std::size_t>(kind)]];
}

void addGraph(GraphStatistics& sums, const Graph& graph) {
    const auto edges = static_cast<std::int64_t>(graph.edges.size());
    sums.fewestNodes = sums.graphs == 0 ? graph.nodes : std::min(sums.fewestNodes, graph.nodes);
    sums.fewestEdges = sums.graphs == 0 ? edges : std::min(sums.fewestEdges, edges);
    sums.mostNodes = std::max(sums.mostNodes, graph.nodes);
    sums.mostEdges = std::max(sums.mostEdges, edges);
    sums.nodes += graph.nodes;
    sums.edges += edges;
    sums.withoutEdges += edges == 0 ? 1 : 0;
    ++sums.graphs;
}

}  // namespace

GraphStatistics graphStatistics(const GraphDataset& dataset, const std::stop_token& stop) {
    GraphStatistics sums;
    for (std::int64_t sample = 0; sample < dataset.size(); ++sample) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while graphs were counted", dataset.path()));
        if (!dataset.isUsable(sample)) {
            ++sums.unusable;
            continue;
        }
        const Graph& graph = dataset.graph(sample);
        addGraph(sums, graph);
        count(sums.nodeKinds, graph.nodeKinds, dataset.attributes().nodeKinds);
        count(sums.edgeKinds, graph.edgeKinds, dataset.attributes().edgeKinds);
        const std::int64_t label = dataset.label(sample);
        if (label < 0)
            ++sums.unlabelled;
        else
            ++sums.classes[dataset.classNames()[static_cast<std::size_t>(label)]];
    }
    return sums;
}

}  // namespace maskscope
