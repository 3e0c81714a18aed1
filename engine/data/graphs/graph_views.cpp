#include "data/graphs/graph_views.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

namespace maskscope {
namespace {

/// A graph that the writer takes, or null after the data set was told why not.
const Graph* usableGraph(const GraphDataset& dataset, std::int64_t sample, const GraphWriter& writer, std::string& reason) {
    try {
        const Graph& graph = dataset.graph(sample);
        const auto problem = writer.problem(graph);
        if (!problem) return &graph;
        throw DataError(fmt::format("{}: {}: {}", dataset.path(), dataset.sampleName(sample), *problem));
    } catch (const DataError& error) {
        if (reason.empty()) reason = error.what();
        dataset.report({dataset.sampleName(sample), error.what()});
        return nullptr;
    }
}

[[noreturn]] void refuseAll(const GraphDataset& dataset, std::size_t count, const std::string& reason) {
    throw DataError(fmt::format("{}: none of {} graphs can be used; the first problem: {}", dataset.path(), count, reason));
}

void writeGeometry(View& view, const std::vector<const Graph*>& graphs, std::int64_t nodes, std::int64_t slots) {
    const auto batch = static_cast<std::int64_t>(graphs.size());
    std::int64_t directed = 0;
    for (const Graph* graph : graphs) directed += 2 * static_cast<std::int64_t>(graph->edges.size());
    Geometry& geometry = view.geometry;
    geometry = Geometry::sequence(batch, nodes, at::zeros({batch, nodes}, at::kBool));
    geometry.kind = GeometryKind::Graph;
    geometry.edges = at::empty({2, directed}, at::kLong);
    geometry.edgeSlots = at::empty({directed}, at::kLong);
    geometry.edgeValid = at::zeros({batch, slots}, at::kBool);
    std::int64_t* from = geometry.edges.mutable_data_ptr<std::int64_t>();
    std::int64_t* to = from + directed;
    std::int64_t* slot = geometry.edgeSlots.mutable_data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < batch; ++row) {
        const Graph& graph = *graphs[static_cast<std::size_t>(row)];
        std::fill_n(geometry.valid.mutable_data_ptr<bool>() + row * nodes, graph.nodes, true);
        std::fill_n(geometry.edgeValid.mutable_data_ptr<bool>() + row * slots, graph.edges.size(), true);
        for (std::size_t i = 0; i < graph.edges.size(); ++i) {
            const std::int64_t a = row * nodes + graph.edges[i].from, b = row * nodes + graph.edges[i].to;
            *from++ = a, *to++ = b, *slot++ = row * slots + static_cast<std::int64_t>(i);
            *from++ = b, *to++ = a, *slot++ = row * slots + static_cast<std::int64_t>(i);
        }
    }
}

}  // namespace

View graphBatch(const std::string& name, const std::vector<const Graph*>& graphs, const std::vector<std::int64_t>& sampleIds, const GraphCoder& coder,
                const GraphWriter& writer) {
    const auto batch = static_cast<std::int64_t>(graphs.size());
    std::int64_t nodes = 1, slots = 1;
    for (const Graph* graph : graphs) {
        nodes = std::max(nodes, graph->nodes);
        slots = std::max(slots, static_cast<std::int64_t>(graph->edges.size()));
    }
    View view;
    view.name = name;
    view.sampleIds = sampleIds;
    view.tensors["nodes"] = at::zeros({batch, nodes, coder.nodeWidth()}, at::kFloat);
    if (coder.edgeWidth() > 0) view.tensors["edges"] = at::zeros({batch, slots, coder.edgeWidth()}, at::kFloat);
    for (std::int64_t row = 0; row < batch; ++row) {
        const Graph& graph = *graphs[static_cast<std::size_t>(row)];
        writer.writeNodes(graph, view.tensors["nodes"].mutable_data_ptr<float>() + row * nodes * coder.nodeWidth());
        if (coder.edgeWidth() > 0) writer.writeEdges(graph, view.tensors["edges"].mutable_data_ptr<float>() + row * slots * coder.edgeWidth());
    }
    writeGeometry(view, graphs, nodes, slots);
    return view;
}

GraphViews::GraphViews(std::shared_ptr<const GraphDataset> dataset, const std::vector<std::int64_t>& samples, GraphCoder coder,
                       std::vector<std::string> names)
    : dataset_(std::move(dataset)),
      coder_(std::move(coder)),
      writer_(coder_, dataset_->attributes()),
      names_(std::move(names)),
      samples_(samples),
      isReplacement_(samples.size(), false) {
    std::string reason = "no graph takes part";
    std::vector<std::size_t> usable;
    for (std::size_t place = 0; place < samples.size(); ++place) {
        std::string problem;
        if (usableGraph(*dataset_, samples[place], writer_, problem) != nullptr)
            usable.push_back(place);
        else if (usable.empty() && place == 0)
            reason = problem;
    }
    if (usable.empty()) refuseAll(*dataset_, samples.size(), reason);
    for (std::size_t place = 0; place < samples.size(); ++place) {
        const auto next = std::lower_bound(usable.begin(), usable.end(), place);
        const std::size_t chosen = next == usable.end() ? usable.front() : *next;
        samples_[place] = samples[chosen];
        isReplacement_[place] = chosen != place;
    }
}

std::vector<View> GraphViews::make(std::uint64_t, std::span<const SampleSlot> slots) const {
    std::vector<const Graph*> graphs;
    std::vector<std::int64_t> ids;
    for (const SampleSlot& slot : slots) {
        ids.push_back(samples_[slot.place]);
        graphs.push_back(&dataset_->graph(ids.back()));
        if (isReplacement_[slot.place]) ++replaced_;
    }
    std::vector<View> views;
    for (const std::string& name : names_) views.push_back(graphBatch(name, graphs, ids, coder_, writer_));
    return views;
}

View evaluationGraphs(const GraphDataset& dataset, const std::vector<std::int64_t>& samples, const GraphCoder& coder, const std::stop_token& stop) {
    const GraphWriter writer(coder, dataset.attributes());
    std::vector<const Graph*> graphs;
    std::vector<std::int64_t> ids;
    std::string reason;
    for (const std::int64_t sample : samples) {
        if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while graphs were read", dataset.path()));
        const Graph* graph = usableGraph(dataset, sample, writer, reason);
        if (graph == nullptr) continue;
        graphs.push_back(graph);
        ids.push_back(sample);
    }
    if (graphs.empty()) refuseAll(dataset, samples.size(), reason);
    return graphBatch("main", graphs, ids, coder, writer);
}

}  // namespace maskscope
