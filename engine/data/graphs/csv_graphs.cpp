#include <algorithm>

#include <fmt/format.h>

#include "data/graphs/csv_table.h"
#include "data/graphs/graph_builder.h"
#include "data/graphs/graph_readers.h"

namespace maskscope {
namespace {

constexpr const char* kOnlyGraph = "the only graph";

void checkStop(const GraphFiles& files, const std::stop_token& stop) {
    if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while graphs were read", files.path));
}

/// The columns of a table of nodes or edges beside those that say which.
class AttributeColumns {
public:
    AttributeColumns(const CsvTable& table, std::initializer_list<std::string_view> keys) : table_(table) {
        for (std::size_t i = 0; i < table.columns().size(); ++i) {
            const std::string& name = table.columns()[i];
            if (name == "kind") kind_ = static_cast<std::ptrdiff_t>(i);
            if (name == "kind" || std::find(keys.begin(), keys.end(), name) != keys.end()) continue;
            values_.push_back(i);
            names_.push_back(name);
        }
    }

    GraphCells cells(std::size_t row) const {
        GraphCells cells{.kind = kind_ < 0 ? std::string_view() : table_.cell(row, static_cast<std::size_t>(kind_)), .values = {}, .names = &names_};
        for (const std::size_t column : values_) cells.values.push_back(table_.cell(row, column));
        return cells;
    }
    /// Whether a kind is asked for and missing.
    bool lacksKind(const GraphCells& cells) const { return kind_ >= 0 && cells.kind.empty(); }

private:
    const CsvTable& table_;
    std::ptrdiff_t kind_ = -1;
    std::vector<std::size_t> values_;
    std::vector<std::string> names_;
};

/// Which graph a row belongs to, in a table with or without a column for it.
std::string_view graphId(const CsvTable& table, std::size_t row) {
    return table.has("graph") ? table.cell(row, table.column("graph")) : std::string_view(kOnlyGraph);
}

void readNodes(const CsvTable& table, GraphBuilder& builder) {
    const std::size_t node = table.column("node");
    const AttributeColumns attributes(table, {"graph", "node"});
    if (table.rows() == 0) throw DataError(fmt::format("{}: it has a first line alone; expected a line for every node", table.name()));
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string_view id = graphId(table, row);
        const std::size_t graph = builder.graph(id, id == kOnlyGraph ? kOnlyGraph : fmt::format("graph {}", id));
        GraphCells cells = attributes.cells(row);
        if (attributes.lacksKind(cells)) {
            builder.spoil(graph, fmt::format("{}: kind is empty, expected a word", table.place(row)));
            cells.kind = "?";
        }
        builder.addNode(graph, table.integer(row, node), cells, table.place(row));
    }
}

void readEdges(const CsvTable& table, GraphBuilder& builder) {
    const std::size_t from = table.column("from"), to = table.column("to");
    const AttributeColumns attributes(table, {"graph", "from", "to"});
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string_view id = graphId(table, row);
        const std::int64_t graph = builder.find(id);
        if (graph < 0) throw DataError(fmt::format("{}: graph '{}' has no nodes in nodes.csv; list them there", table.place(row), id));
        GraphCells cells = attributes.cells(row);
        if (attributes.lacksKind(cells)) {
            builder.spoil(static_cast<std::size_t>(graph), fmt::format("{}: kind is empty, expected a word", table.place(row)));
            cells.kind = "?";
        }
        builder.addEdge(static_cast<std::size_t>(graph), table.integer(row, from), table.integer(row, to), cells, table.place(row));
    }
}

void readLabels(const CsvTable& table, GraphBuilder& builder) {
    const std::size_t graph = table.column("graph"), label = table.column("label");
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::int64_t place = builder.find(table.cell(row, graph));
        if (place < 0)
            throw DataError(fmt::format("{}: there is no graph '{}' in nodes.csv; remove the line", table.place(row), table.cell(row, graph)));
        builder.label(static_cast<std::size_t>(place), table.cell(row, label));
    }
}

}  // namespace

GraphSet readCsvGraphs(const GraphFiles& files, const std::stop_token& stop) {
    const auto table = [&](const char* name) { return CsvTable(files.path + "/" + name, files.read(name)); };
    const CsvTable nodes = table("nodes.csv");
    checkStop(files, stop);
    const CsvTable edges = table("edges.csv");
    checkStop(files, stop);
    if (nodes.has("graph") != edges.has("graph"))
        throw DataError(fmt::format("{}: {} has a column 'graph' and {} has none; give it to both or, for a single graph, to neither", files.path,
                                    nodes.has("graph") ? "nodes.csv" : "edges.csv", nodes.has("graph") ? "edges.csv" : "nodes.csv"));
    GraphBuilder builder(files.path);
    readNodes(nodes, builder);
    readEdges(edges, builder);
    if (files.has("labels.csv")) readLabels(table("labels.csv"), builder);
    checkStop(files, stop);
    return builder.finish("graphs in nodes.csv and edges.csv");
}

}  // namespace maskscope
