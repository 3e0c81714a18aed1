#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

/// An undirected edge between two nodes of a graph, from < to.
struct GraphEdge {
    std::int32_t from = 0, to = 0;

    auto operator<=>(const GraphEdge&) const = default;
};

/// One graph with its attributes, as it was read.
struct Graph {
    std::int64_t nodes = 0;               // n
    std::vector<std::int32_t> nodeKinds;  // n indices into GraphAttributes::nodeKinds; empty where there are no kinds
    std::vector<float> nodeValues;        // n rows of GraphAttributes::nodeValues, in units of the file
    std::vector<GraphEdge> edges;         // m, ascending, each once
    std::vector<std::int32_t> edgeKinds;  // m indices; empty where there are no kinds
    std::vector<float> edgeValues;        // m rows
};

/// What nodes and edges of a data set carry: at most one kind each (a word), and numbers.
struct GraphAttributes {
    std::vector<std::string> nodeKinds, nodeValues;  // names of the kinds, names of the numbers
    std::vector<std::string> edgeKinds, edgeValues;

    bool operator==(const GraphAttributes&) const = default;
};

}  // namespace maskscope
