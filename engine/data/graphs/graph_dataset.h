#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/graphs/graph.h"

namespace maskscope {

/// What a reader hands over.
struct GraphSet {
    std::string path, form, fingerprint;
    GraphAttributes attributes;
    std::vector<std::string> names;  // of the graphs, unique
    std::vector<Graph> graphs;
    std::vector<std::string> problems;  // a graph: a whole message where it cannot be used, else empty
    std::vector<std::int64_t> labels;   // a graph: index into classNames, or -1
    std::vector<std::string> classNames;
    std::vector<std::string> notices;
};

/// Graphs by number, all in memory.
class GraphDataset : public Dataset {
public:
    /// Graphs whose nodes carry nothing get their degree as a kind, with a notice.
    /// @throws DataError if no graph can be used
    explicit GraphDataset(GraphSet set);

    std::int64_t size() const override { return static_cast<std::int64_t>(set_.graphs.size()); }
    std::string sampleName(std::int64_t sample) const override { return set_.names[static_cast<std::size_t>(sample)]; }
    std::int64_t label(std::int64_t sample) const override { return set_.labels[static_cast<std::size_t>(sample)]; }

    const GraphAttributes& attributes() const { return set_.attributes; }
    bool isUsable(std::int64_t sample) const { return set_.problems[static_cast<std::size_t>(sample)].empty(); }
    /// @throws DataError if the graph cannot be used
    const Graph& graph(std::int64_t sample) const;

private:
    GraphSet set_;
};

/// The data set as graphs. @throws DataError if it is of another domain
const GraphDataset& asGraphs(const Dataset& dataset);

/// Opens graphs from a folder or an archive (a part of it is written as in locateFiles), in one of two forms.
///
/// CSV, the first line names the columns, their order is free:
///     nodes.csv   graph, node [, kind] [, numbers ...]       node: a whole number, unique in its graph
///     edges.csv   graph, from, to [, kind] [, numbers ...]   undirected; written once or in both directions
///     labels.csv  graph, label                               may be missing; so may rows
/// `kind` is any word; every other column holds numbers. A single graph may leave `graph` out of both files.
///
/// TU Dortmund's benchmark files (Morris et al., TUDataset, ICML 2020 workshop): DS_A.txt and DS_graph_indicator.txt, and where
/// there are some DS_graph_labels.txt, DS_node_labels.txt, DS_edge_labels.txt (kinds), DS_node_attributes.txt, DS_edge_attributes.txt
/// (numbers); nodes and graphs count from 1.
///
/// A folder that holds only `train` and held-out folders stands for its `train`, with a notice. What is wrong with a file (missing,
/// empty, a column or a cell missing, line counts that differ, an end that no graph has) refuses the data set. What is wrong with one graph (a number
/// that is missing or not finite, a node twice, an edge to a node that it does not have, fewer than two nodes) is named
/// in problems(), and that graph is skipped. Repeated edges and self-loops are left out and counted in notices(); graphs without
/// edges are counted there and used.
/// @throws DataError, FileError, StoppedError
std::shared_ptr<GraphDataset> openGraphs(const std::filesystem::path& path, const OpenOptions& options = {});

/// Whether a path seems to hold graphs: a folder that has their files, or one whose `train` has; an archive with such files.
bool holdsGraphs(const std::filesystem::path& path);

}  // namespace maskscope
