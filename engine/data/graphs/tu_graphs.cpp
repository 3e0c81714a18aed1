#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/text.h"
#include "data/graphs/csv_table.h"
#include "data/graphs/graph_builder.h"
#include "data/graphs/graph_readers.h"

namespace maskscope {
namespace {

/// The lines of one file, empty ones at its end left out.
class LineFile {
public:
    LineFile(const GraphFiles& files, const std::string& name) : name_(files.path + "/" + name), text_(files.read(name)) {
        std::string_view rest = text_;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            lines_.push_back(trimmedCell(rest.substr(0, end)));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
    }
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    std::size_t size() const { return lines_.size(); }
    std::string_view line(std::size_t i) const { return lines_[i]; }
    std::string place(std::size_t i) const { return fmt::format("{}:{}", name_, i + 1); }

    /// @throws DataError unless there is a line for each
    void requireLines(std::size_t count, const char* what) const {
        if (size() != count) throw DataError(fmt::format("{}: {} lines, expected {}, one for each {}", name_, size(), count, what));
    }
    /// The whole numbers of a line. @throws DataError if there are others, or more or fewer
    std::vector<std::int64_t> integers(std::size_t i, std::size_t count) const {
        std::vector<std::int64_t> numbers;
        for (const std::string_view cell : cells(i)) {
            std::int64_t number = 0;
            const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
            if (code != std::errc() || end != cell.data() + cell.size()) break;
            numbers.push_back(number);
        }
        if (numbers.size() != count || cells(i).size() != count)
            throw DataError(fmt::format("{}: '{}', expected {}", place(i), line(i), count == 1 ? "a whole number" : "two node numbers: from, to"));
        return numbers;
    }
    std::vector<std::string_view> cells(std::size_t i) const {
        std::vector<std::string_view> cells;
        std::string_view rest = line(i);
        while (true) {
            const std::size_t end = std::min(rest.find(','), rest.size());
            cells.push_back(trimmedCell(rest.substr(0, end)));
            if (end == rest.size()) return cells;
            rest.remove_prefix(end + 1);
        }
    }

private:
    std::string name_, text_;
    std::vector<std::string_view> lines_;
};

/// The files of kinds and numbers of nodes or edges.
struct AttributeFiles {
    std::optional<LineFile> kinds, values;
    std::vector<std::string> names;

    AttributeFiles(const GraphFiles& files, const std::string& dataset, const char* what, std::size_t count) {
        if (const std::string name = fmt::format("{}_{}_labels.txt", dataset, what); files.has(name)) kinds.emplace(files, name);
        if (const std::string name = fmt::format("{}_{}_attributes.txt", dataset, what); files.has(name)) values.emplace(files, name);
        if (kinds) kinds->requireLines(count, what);
        if (!values) return;
        values->requireLines(count, what);
        for (std::size_t i = 0; i < values->cells(0).size(); ++i) names.push_back(fmt::format("attribute {}", i + 1));
    }

    GraphCells cells(std::size_t i) const {
        GraphCells cells{.kind = kinds ? kinds->line(i) : std::string_view(), .values = {}, .names = &names};
        if (values) cells.values = values->cells(i);
        if (cells.values.size() != names.size())
            throw DataError(fmt::format("{}: {} numbers, expected {} as in the first line", values->place(i), cells.values.size(), names.size()));
        if (kinds && cells.kind.empty()) throw DataError(fmt::format("{}: the line is empty, expected a label", kinds->place(i)));
        return cells;
    }
};

std::string datasetName(const GraphFiles& files) {
    for (const char* ending : {"_A.txt", "_graph_indicator.txt"})
        for (const auto& [name, entry] : files.entries)
            if (name.ends_with(ending)) return name.substr(0, name.size() - std::string_view(ending).size());
    throw DataError(fmt::format("{}: there is no DS_A.txt; put it beside the other files", files.path));
}

/// @return the graph of each node
std::vector<std::size_t> readNodes(const LineFile& indicator, const AttributeFiles& attributes, GraphBuilder& builder) {
    std::vector<std::size_t> graphs;
    for (std::size_t i = 0; i < indicator.size(); ++i) {
        const std::int64_t id = indicator.integers(i, 1).front();
        graphs.push_back(builder.graph(std::to_string(id), fmt::format("graph {}", id)));
        const std::string place = attributes.values ? attributes.values->place(i) : indicator.place(i);
        builder.addNode(graphs.back(), static_cast<std::int64_t>(i) + 1, attributes.cells(i), place);
    }
    return graphs;
}

void readEdges(const LineFile& adjacency, const AttributeFiles& attributes, const std::vector<std::size_t>& graphs, GraphBuilder& builder) {
    const auto nodes = static_cast<std::int64_t>(graphs.size());
    for (std::size_t i = 0; i < adjacency.size(); ++i) {
        const std::vector<std::int64_t> ends = adjacency.integers(i, 2);
        const auto known = std::find_if(ends.begin(), ends.end(), [&](std::int64_t end) { return end >= 1 && end <= nodes; });
        if (known == ends.end())
            throw DataError(fmt::format("{}: there are no nodes {} and {}, but 1 to {}", adjacency.place(i), ends[0], ends[1], nodes));
        builder.addEdge(graphs[static_cast<std::size_t>(*known - 1)], ends[0], ends[1], attributes.cells(i), adjacency.place(i));
    }
}

/// The labels stand in the order of the graphs' numbers.
void readLabels(const LineFile& labels, GraphBuilder& builder) {
    if (labels.size() < builder.graphs()) labels.requireLines(builder.graphs(), "graph");
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::int64_t graph = builder.find(std::to_string(i + 1));
        if (graph < 0) throw DataError(fmt::format("{}: graph {} has no nodes in the graph indicator", labels.place(i), i + 1));
        builder.label(static_cast<std::size_t>(graph), labels.line(i));
    }
}

}  // namespace

GraphSet readTuGraphs(const GraphFiles& files, const std::stop_token& stop) {
    const std::string dataset = datasetName(files);
    const LineFile indicator(files, dataset + "_graph_indicator.txt"), adjacency(files, dataset + "_A.txt");
    if (stop.stop_requested()) throw StoppedError(fmt::format("{}: stopped while graphs were read", files.path));
    GraphBuilder builder(files.path);
    const std::vector<std::size_t> graphs = readNodes(indicator, AttributeFiles(files, dataset, "node", indicator.size()), builder);
    readEdges(adjacency, AttributeFiles(files, dataset, "edge", adjacency.size()), graphs, builder);
    if (const std::string labels = dataset + "_graph_labels.txt"; files.has(labels)) readLabels(LineFile(files, labels), builder);
    return builder.finish("graphs in the form of TUDataset");
}

}  // namespace maskscope
