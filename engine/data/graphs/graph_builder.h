#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/graphs/graph_dataset.h"

namespace maskscope {

/// The attributes of one node or edge, as a file has them.
struct GraphCells {
    std::string_view kind;                  // empty where the file has no kinds
    std::vector<std::string_view> values;   // numbers as text
    const std::vector<std::string>* names;  // of the numbers
};

/// Puts graphs together from nodes and edges in any order, and notes what is wrong with them. Reasons begin with the place that
/// the caller names ("nodes.csv:17").
class GraphBuilder {
public:
    /// @param path  of the data set, for messages
    explicit GraphBuilder(std::string path) : path_(std::move(path)) {}

    /// The number of the graph that a file calls `id`; new ids make new graphs. @param name  unique: "graph 7"
    std::size_t graph(std::string_view id, const std::string& name);
    /// The number of a graph that is there already, or -1.
    std::int64_t find(std::string_view id) const;
    std::size_t graphs() const { return drafts_.size(); }

    void addNode(std::size_t graph, std::int64_t number, const GraphCells& cells, const std::string& place);
    /// @param from, to  node numbers of the file
    void addEdge(std::size_t graph, std::int64_t from, std::int64_t to, const GraphCells& cells, const std::string& place);
    /// Notes why a graph cannot be used; the first reason stays.
    void spoil(std::size_t graph, const std::string& reason);
    /// Labels a graph.
    void label(std::size_t graph, std::string_view label);

    /// The graphs with sorted edges, and notices about what was left out.
    GraphSet finish(std::string form);

private:
    /// Words by number, in the order of their first use.
    struct Words {
        std::unordered_map<std::string, std::int32_t> numbers;
        std::int32_t add(std::string_view word);
        /// The words in their own order (numbers by value), and where each number goes.
        std::vector<std::string> sorted(std::vector<std::int32_t>& places) const;
    };
    struct Draft {
        std::string name, problem, label;
        Graph graph;
        std::vector<bool> backwards;  // an edge: written from the higher to the lower node
        std::unordered_map<std::int64_t, std::int32_t> nodes;
    };

    std::string missingNode(const Draft& draft, std::int64_t number) const;
    void appendValues(std::size_t graph, std::vector<float>& values, const GraphCells& cells, const std::string& place);
    void orderEdges(Draft& draft);
    void giveLabels(GraphSet& set) const;

    std::string path_;
    std::vector<Draft> drafts_;
    std::unordered_map<std::string, std::size_t> ids_;
    Words nodeKinds_, edgeKinds_;
    std::vector<std::string> nodeValues_, edgeValues_;
    std::int64_t repeatedEdges_ = 0, selfLoops_ = 0;
};

}  // namespace maskscope
