#include "data/graphs/graph_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace maskscope {
namespace {

std::optional<std::int64_t> wholeNumber(const std::string& word) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), number);
    return code == std::errc() && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

/// Numbers by value and before other words.
bool comesBefore(const std::string& a, const std::string& b) {
    const auto x = wholeNumber(a), y = wholeNumber(b);
    if (x.has_value() != y.has_value()) return x.has_value();
    return x && *x != *y ? *x < *y : a < b;
}

std::optional<float> finiteNumber(std::string_view text) {
    double number = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size() || !(std::abs(number) <= std::numeric_limits<float>::max())) return std::nullopt;
    return static_cast<float>(number);
}

std::string counted(std::int64_t count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

void renumber(std::vector<std::int32_t>& kinds, const std::vector<std::int32_t>& places) {
    for (std::int32_t& kind : kinds) kind = places[static_cast<std::size_t>(kind)];
}

}  // namespace

std::int32_t GraphBuilder::Words::add(std::string_view word) {
    return numbers.emplace(std::string(word), static_cast<std::int32_t>(numbers.size())).first->second;
}

std::vector<std::string> GraphBuilder::Words::sorted(std::vector<std::int32_t>& places) const {
    std::vector<std::string> words;
    for (const auto& [word, number] : numbers) words.push_back(word);
    std::sort(words.begin(), words.end(), comesBefore);
    places.resize(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) places[static_cast<std::size_t>(numbers.at(words[i]))] = static_cast<std::int32_t>(i);
    return words;
}

std::size_t GraphBuilder::graph(std::string_view id, const std::string& name) {
    const auto [found, isNew] = ids_.emplace(std::string(id), drafts_.size());
    if (isNew) drafts_.emplace_back().name = name;
    return found->second;
}

std::int64_t GraphBuilder::find(std::string_view id) const {
    const auto found = ids_.find(std::string(id));
    return found == ids_.end() ? -1 : static_cast<std::int64_t>(found->second);
}

void GraphBuilder::spoil(std::size_t graph, const std::string& reason) {
    Draft& draft = drafts_[graph];
    if (!draft.problem.empty()) return;
    const std::string inside = path_ + "/";  // the path need not be told twice
    draft.problem = fmt::format("{}: {}: {}", path_, draft.name, reason.starts_with(inside) ? reason.substr(inside.size()) : reason);
}

void GraphBuilder::label(std::size_t graph, std::string_view label) { drafts_[graph].label = label; }

void GraphBuilder::appendValues(std::size_t graph, std::vector<float>& values, const GraphCells& cells, const std::string& place) {
    for (std::size_t i = 0; i < cells.values.size(); ++i) {
        const auto number = finiteNumber(cells.values[i]);
        if (!number) spoil(graph, fmt::format("{}: {} is '{}', expected a finite number", place, (*cells.names)[i], cells.values[i]));
        values.push_back(number.value_or(0.0F));
    }
}

void GraphBuilder::addNode(std::size_t graph, std::int64_t number, const GraphCells& cells, const std::string& place) {
    Draft& draft = drafts_[graph];
    if (!draft.nodes.emplace(number, static_cast<std::int32_t>(draft.graph.nodes)).second)
        return spoil(graph, fmt::format("{}: node {} is there twice", place, number));
    ++draft.graph.nodes;
    if (!cells.kind.empty()) draft.graph.nodeKinds.push_back(nodeKinds_.add(cells.kind));
    appendValues(graph, draft.graph.nodeValues, cells, place);
    if (nodeValues_.empty() && cells.names != nullptr) nodeValues_ = *cells.names;
}

std::string GraphBuilder::missingNode(const Draft& draft, std::int64_t number) const {
    const Draft* owner = nullptr;
    std::int64_t owners = 0;
    for (const Draft& other : drafts_)
        if (other.nodes.contains(number)) ++owners, owner = &other;
    if (owners == 1) return fmt::format("node {} belongs to {}; edges stay inside one graph", number, owner->name);
    std::int64_t lowest = std::numeric_limits<std::int64_t>::max(), highest = std::numeric_limits<std::int64_t>::min();
    for (const auto& [known, place] : draft.nodes) lowest = std::min(lowest, known), highest = std::max(highest, known);
    if (draft.nodes.empty()) return fmt::format("there is no node {}, for the graph has no nodes", number);
    return fmt::format("there is no node {} among its {} ({} to {})", number, draft.nodes.size(), lowest, highest);
}

void GraphBuilder::addEdge(std::size_t graph, std::int64_t from, std::int64_t to, const GraphCells& cells, const std::string& place) {
    Draft& draft = drafts_[graph];
    for (const std::int64_t end : {from, to})
        if (!draft.nodes.contains(end)) return spoil(graph, fmt::format("{}: {}", place, missingNode(draft, end)));
    if (from == to) {
        ++selfLoops_;
        return;
    }
    const std::int32_t a = draft.nodes.at(from), b = draft.nodes.at(to);
    draft.graph.edges.push_back({std::min(a, b), std::max(a, b)});
    draft.backwards.push_back(a > b);
    if (!cells.kind.empty()) draft.graph.edgeKinds.push_back(edgeKinds_.add(cells.kind));
    appendValues(graph, draft.graph.edgeValues, cells, place);
    if (edgeValues_.empty() && cells.names != nullptr) edgeValues_ = *cells.names;
}

/// Sorts the edges and keeps the first of each; an edge written once in each direction is not a repetition.
void GraphBuilder::orderEdges(Draft& draft) {
    Graph& graph = draft.graph;
    const std::size_t width = edgeValues_.size();
    std::vector<std::size_t> order(graph.edges.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return graph.edges[a] < graph.edges[b]; });
    Graph sorted;
    bool seen[2] = {false, false};
    for (const std::size_t i : order) {
        const bool again = !sorted.edges.empty() && sorted.edges.back() == graph.edges[i];
        if (!again) seen[0] = seen[1] = false;
        if (seen[draft.backwards[i] ? 1 : 0]) ++repeatedEdges_;
        seen[draft.backwards[i] ? 1 : 0] = true;
        if (again) continue;
        sorted.edges.push_back(graph.edges[i]);
        if (!graph.edgeKinds.empty()) sorted.edgeKinds.push_back(graph.edgeKinds[i]);
        const auto values = graph.edgeValues.begin() + static_cast<std::ptrdiff_t>(i * width);
        sorted.edgeValues.insert(sorted.edgeValues.end(), values, values + static_cast<std::ptrdiff_t>(width));
    }
    graph.edges = std::move(sorted.edges);
    graph.edgeKinds = std::move(sorted.edgeKinds);
    graph.edgeValues = std::move(sorted.edgeValues);
}

void GraphBuilder::giveLabels(GraphSet& set) const {
    Words labels;
    std::vector<std::int64_t> numbers;
    for (const Draft& draft : drafts_) numbers.push_back(draft.label.empty() ? -1 : labels.add(draft.label));
    std::vector<std::int32_t> places;
    set.classNames = labels.sorted(places);
    for (const std::int64_t number : numbers) set.labels.push_back(number < 0 ? -1 : places[static_cast<std::size_t>(number)]);
}

GraphSet GraphBuilder::finish(std::string form) {
    GraphSet set{.path = path_, .form = std::move(form)};
    std::vector<std::int32_t> nodePlaces, edgePlaces;
    set.attributes.nodeKinds = nodeKinds_.sorted(nodePlaces);
    set.attributes.edgeKinds = edgeKinds_.sorted(edgePlaces);
    set.attributes.nodeValues = nodeValues_;
    set.attributes.edgeValues = edgeValues_;
    giveLabels(set);
    std::int64_t withoutEdges = 0;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
        Draft& draft = drafts_[i];
        orderEdges(draft);
        renumber(draft.graph.nodeKinds, nodePlaces);
        renumber(draft.graph.edgeKinds, edgePlaces);
        if (draft.graph.nodes < 2)
            spoil(i, fmt::format("it has {}; masking needs at least two, one to hide and one to see", counted(draft.graph.nodes, "node")));
        if (draft.problem.empty() && draft.graph.edges.empty()) ++withoutEdges;
        set.names.push_back(draft.name);
        set.problems.push_back(draft.problem);
        set.graphs.push_back(std::move(draft.graph));
    }
    if (repeatedEdges_ > 0) set.notices.push_back(counted(repeatedEdges_, "repeated edge") + " left out; the first of each counts");
    if (selfLoops_ > 0) set.notices.push_back(counted(selfLoops_, "self-loop") + " left out; encoders see every node itself anyway");
    if (withoutEdges > 0) set.notices.push_back(counted(withoutEdges, "graph") + " without edges: their nodes are used, but hear of no other");
    return set;
}

}  // namespace maskscope
