#include "inspect_graphs.h"

#include <nlohmann/json.hpp>

#include "console.h"
#include "data/graphs/graph_statistics.h"

namespace maskscope::cli {

using nlohmann::json;

json inspectGraphs(const std::filesystem::path& path, const std::stop_token& stop) {
    const auto dataset = readingInput([&] { return openGraphs(path, {.progress = {}, .stop = stop}); });
    const GraphStatistics counts = graphStatistics(*dataset, stop);
    const auto table = [](const std::map<std::string, std::int64_t>& names) {
        json object = json::object();
        for (const auto& [name, count] : names) object[name] = count;
        return object;
    };
    json problems = json::array();
    for (const DataProblem& problem : dataset->problems()) problems.push_back(problem.reason);
    return {{"kind", "data"},
            {"path", path.string()},
            {"form", dataset->form()},
            {"graphs", counts.graphs},
            {"unusable", counts.unusable},
            {"classes", table(counts.classes)},
            {"unlabelled", counts.unlabelled},
            {"nodes", counts.nodes},
            {"edges", counts.edges},
            {"nodes_a_graph", {counts.fewestNodes, counts.mostNodes}},
            {"edges_a_graph", {counts.fewestEdges, counts.mostEdges}},
            {"graphs_without_edges", counts.withoutEdges},
            {"node_kinds", table(counts.nodeKinds)},
            {"edge_kinds", table(counts.edgeKinds)},
            {"node_numbers", dataset->attributes().nodeValues},
            {"edge_numbers", dataset->attributes().edgeValues},
            {"fingerprint", dataset->fingerprint()},
            {"notices", dataset->notices()},
            {"problems", problems}};
}

}  // namespace maskscope::cli
