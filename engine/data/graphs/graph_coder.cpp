#include "data/graphs/graph_coder.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/text.h"

namespace maskscope {
namespace {

constexpr std::size_t kShownNumbers = 2;

std::int64_t placeOf(const std::vector<std::string>& words, const std::string& word) {
    const auto found = std::find(words.begin(), words.end(), word);
    return found == words.end() ? -1 : found - words.begin();
}

/// Means and deviations of the columns of many rows; a column that never changes has the deviation 1.
class Moments {
public:
    explicit Moments(std::size_t columns) : sum_(columns), squares_(columns) {}

    void add(const std::vector<float>& values) {
        const std::size_t columns = sum_.size();
        if (columns == 0) return;
        for (std::size_t i = 0; i < values.size(); ++i) {
            sum_[i % columns] += values[i];
            squares_[i % columns] += static_cast<double>(values[i]) * values[i];
        }
        rows_ += static_cast<double>(values.size() / columns);
    }
    void tell(std::vector<double>& mean, std::vector<double>& deviation) const {
        for (std::size_t i = 0; i < sum_.size(); ++i) {
            mean.push_back(rows_ > 0 ? sum_[i] / rows_ : 0.0);
            const double variance = rows_ > 0 ? squares_[i] / rows_ - mean[i] * mean[i] : 0.0;
            deviation.push_back(variance > 1e-12 * (1.0 + mean[i] * mean[i]) ? std::sqrt(variance) : 1.0);
        }
    }

private:
    std::vector<double> sum_, squares_;
    double rows_ = 0;
};

template <typename T>
Value listOf(const std::vector<T>& items) {
    Value::Array list;
    for (const T& item : items) list.emplace_back(item);
    return list;
}

[[noreturn]] void refuse(const std::string& file, const std::string& reason) {
    throw DataError(fmt::format("{}: {}; the file belongs to a run and is not to be changed", file, reason));
}

const Value::Array& listIn(const Value& table, const char* key, const std::string& file) {
    const Value* list = table.find(key);
    if (list == nullptr || !list->isArray()) refuse(file, fmt::format("there is no list '{}'", key));
    return list->asArray();
}

std::vector<std::string> wordsIn(const Value& table, const char* key, const std::string& file) {
    std::vector<std::string> words;
    for (const Value& word : listIn(table, key, file)) {
        if (!word.isString()) refuse(file, fmt::format("'{}' holds {}, expected texts", key, word.describe()));
        words.push_back(word.asString());
    }
    return words;
}

std::vector<double> numbersIn(const Value& table, const char* key, const std::string& file) {
    std::vector<double> numbers;
    for (const Value& number : listIn(table, key, file)) {
        if (!number.isNumber()) refuse(file, fmt::format("'{}' holds {}, expected numbers", key, number.describe()));
        numbers.push_back(number.asNumber());
    }
    return numbers;
}

void checkWidth(std::int64_t asked, std::int64_t found, const char* key, const GraphDataset& dataset) {
    if (asked != 0 && asked != found)
        throw DataError(
            fmt::format("{}: it has {} where input.{} = {}; leave the setting out to take what the data have", dataset.path(), found, key, asked));
}

}  // namespace

std::string GraphCoder::Columns::text(const float* row) const {
    if (!kinds.empty()) return kinds[static_cast<std::size_t>(std::max_element(row, row + kinds.size()) - row)];
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < std::min(names.size(), kShownNumbers); ++i)
        parts.push_back(fmt::format("{} {:.3g}", names[i], row[i] * deviation[i] + mean[i]));
    return join(parts);
}

Value GraphCoder::Columns::toValue() const {
    Value value;
    value.set("kinds", listOf(kinds));
    value.set("numbers", listOf(names));
    value.set("mean", listOf(mean));
    value.set("deviation", listOf(deviation));
    return value;
}

GraphCoder::Columns GraphCoder::Columns::fromValue(const Value* value, const std::string& file) {
    if (value == nullptr) refuse(file, "it says nothing about nodes or edges");
    Columns columns{wordsIn(*value, "kinds", file), wordsIn(*value, "numbers", file), numbersIn(*value, "mean", file),
                    numbersIn(*value, "deviation", file)};
    if (columns.mean.size() != columns.names.size() || columns.deviation.size() != columns.names.size())
        refuse(file, fmt::format("{} numbers with {} means and {} deviations", columns.names.size(), columns.mean.size(), columns.deviation.size()));
    return columns;
}

GraphCoder GraphCoder::fitted(const GraphDataset& dataset, const std::vector<std::int64_t>& samples, const GraphInput& input) {
    const GraphAttributes& attributes = dataset.attributes();
    GraphCoder coder;
    coder.nodes_.kinds = attributes.nodeKinds;
    coder.edges_.kinds = attributes.edgeKinds;
    if (input.categorical && attributes.nodeKinds.empty())
        throw DataError(
            fmt::format("{}: its nodes carry numbers ({}) and no kinds, which the recipe predicts; add a column 'kind', or choose a "
                        "recipe without input.categorical",
                        dataset.path(), join(attributes.nodeValues)));
    if (!input.categorical) {
        coder.nodes_.names = attributes.nodeValues;
        coder.edges_.names = attributes.edgeValues;
    } else if (!attributes.nodeValues.empty() || !attributes.edgeValues.empty()) {
        dataset.notify("numbers of nodes and edges are left aside, for the recipe sees kinds alone (input.categorical)");
    }
    Moments nodes(coder.nodes_.names.size()), edges(coder.edges_.names.size());
    for (const std::int64_t sample : samples) try {
            const Graph& graph = dataset.graph(sample);
            nodes.add(graph.nodeValues);
            edges.add(graph.edgeValues);
        } catch (const DataError&) {
            continue;  // known to the data set's problems()
        }
    nodes.tell(coder.nodes_.mean, coder.nodes_.deviation);
    edges.tell(coder.edges_.mean, coder.edges_.deviation);
    checkWidth(input.nodeFeatures, coder.nodeWidth(), "node_features", dataset);
    checkWidth(input.edgeFeatures, coder.edgeWidth(), "edge_features", dataset);
    return coder;
}

Value GraphCoder::toValue() const {
    Value value;
    value.set("nodes", nodes_.toValue());
    value.set("edges", edges_.toValue());
    return value;
}

GraphCoder GraphCoder::fromValue(const Value& value, const std::string& file) {
    GraphCoder coder;
    coder.nodes_ = Columns::fromValue(value.find("nodes"), file);
    coder.edges_ = Columns::fromValue(value.find("edges"), file);
    return coder;
}

GraphWriter::Part::Part(const GraphCoder::Columns& coderColumns, const std::vector<std::string>& dataKinds, const std::vector<std::string>& dataNames)
    : columns(&coderColumns), words(&dataKinds), stride(dataNames.size()) {
    for (const std::string& kind : dataKinds) kinds.push_back(placeOf(coderColumns.kinds, kind));
    for (const std::string& name : coderColumns.names) names.push_back(placeOf(dataNames, name));
}

std::optional<std::string> GraphWriter::Part::problem(const std::vector<std::int32_t>& found, bool any, const char* what) const {
    if (!any) return std::nullopt;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] < 0) return fmt::format("its {}s carry no '{}', which the model was trained with", what, columns->names[i]);
    if (!columns->kinds.empty() && found.empty()) return fmt::format("its {}s carry no kind, which the model was trained with", what);
    for (const std::int32_t kind : found)
        if (!columns->kinds.empty() && kinds[static_cast<std::size_t>(kind)] < 0)
            return fmt::format("{} kind '{}' is none of those that the model was trained with ({})", what, (*words)[static_cast<std::size_t>(kind)],
                               join(columns->kinds));
    return std::nullopt;
}

void GraphWriter::Part::write(const std::vector<std::int32_t>& found, const std::vector<float>& values, std::size_t rows, float* out) const {
    const auto width = static_cast<std::size_t>(columns->width()), kindCount = columns->kinds.size();
    for (std::size_t row = 0; row < rows; ++row, out += width) {
        if (kindCount > 0) out[kinds[static_cast<std::size_t>(found[row])]] = 1.0F;
        for (std::size_t i = 0; i < names.size(); ++i) {
            const double value = values[row * stride + static_cast<std::size_t>(names[i])];
            out[kindCount + i] = static_cast<float>((value - columns->mean[i]) / columns->deviation[i]);
        }
    }
}

GraphWriter::GraphWriter(const GraphCoder& coder, const GraphAttributes& attributes)
    : nodes_(coder.nodes_, attributes.nodeKinds, attributes.nodeValues), edges_(coder.edges_, attributes.edgeKinds, attributes.edgeValues) {}

std::optional<std::string> GraphWriter::problem(const Graph& graph) const {
    if (auto reason = nodes_.problem(graph.nodeKinds, true, "node")) return reason;
    if (auto reason = edges_.problem(graph.edgeKinds, !graph.edges.empty(), "edge")) return reason;
    if (edges_.columns->width() > 0 && graph.edges.size() < 2)
        return fmt::format("it has {} edge{}; where edges carry attributes, at least two are needed, one to hide and one to see", graph.edges.size(),
                           graph.edges.size() == 1 ? "" : "s");
    return std::nullopt;
}

void GraphWriter::writeNodes(const Graph& graph, float* out) const {
    nodes_.write(graph.nodeKinds, graph.nodeValues, static_cast<std::size_t>(graph.nodes), out);
}

void GraphWriter::writeEdges(const Graph& graph, float* out) const { edges_.write(graph.edgeKinds, graph.edgeValues, graph.edges.size(), out); }

}  // namespace maskscope
