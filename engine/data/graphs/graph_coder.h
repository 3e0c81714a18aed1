#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/value.h"
#include "data/graphs/graph_dataset.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// How the attributes of graphs become the numbers that a network sees, and back: the kind one-hot, then the other numbers, each
/// brought to zero mean and unit deviation over the training nodes (edges). Of categorical inputs, the kinds alone.
class GraphCoder {
public:
    GraphCoder() = default;

    /// Learns kinds from a data set, and means and deviations from those of its samples that can be used.
    /// @throws DataError if the input wants kinds, or numbers of features, that the data do not have
    static GraphCoder fitted(const GraphDataset& dataset, const std::vector<std::int64_t>& samples, const GraphInput& input);

    bool isEmpty() const { return nodes_.width() == 0; }
    std::int64_t nodeWidth() const { return nodes_.width(); }
    std::int64_t edgeWidth() const { return edges_.width(); }
    /// Columns of the kind, the first ones.
    std::int64_t nodeKindCount() const { return static_cast<std::int64_t>(nodes_.kinds.size()); }
    std::int64_t edgeKindCount() const { return static_cast<std::int64_t>(edges_.kinds.size()); }

    /// What people read in a row of numbers: its kind (the largest of the kind's columns), or up to two of its numbers.
    std::string nodeText(const float* row) const { return nodes_.text(row); }
    std::string edgeText(const float* row) const { return edges_.text(row); }

    Value toValue() const;
    /// @throws DataError if `value` was not written by toValue
    static GraphCoder fromValue(const Value& value, const std::string& file);

private:
    friend class GraphWriter;

    struct Columns {
        std::vector<std::string> kinds, names;
        std::vector<double> mean, deviation;  // of the named numbers

        std::int64_t width() const { return static_cast<std::int64_t>(kinds.size() + names.size()); }
        std::string text(const float* row) const;
        Value toValue() const;
        static Columns fromValue(const Value* value, const std::string& file);
    };

    Columns nodes_, edges_;
};

/// Writes graphs of one data set as a coder says; kinds and numbers are matched by name.
class GraphWriter {
public:
    GraphWriter(const GraphCoder& coder, const GraphAttributes& attributes);

    /// Why a graph cannot be written (a kind or a column that training did not know; fewer than two edges where edges carry
    /// attributes, so that none could be hidden), or nothing.
    std::optional<std::string> problem(const Graph& graph) const;

    /// @param out  [n, nodeWidth], zeros before
    void writeNodes(const Graph& graph, float* out) const;
    /// @param out  [m, edgeWidth], zeros before
    void writeEdges(const Graph& graph, float* out) const;

private:
    struct Part {
        const GraphCoder::Columns* columns;
        const std::vector<std::string>* words;  // of the data set's kinds
        std::vector<std::int64_t> kinds;        // a kind of the data set: its column, or -1
        std::vector<std::int64_t> names;        // a number of the coder: its place in the data set, or -1
        std::size_t stride = 0;                 // numbers in a row of the data set

        Part(const GraphCoder::Columns& coderColumns, const std::vector<std::string>& dataKinds, const std::vector<std::string>& dataNames);
        std::optional<std::string> problem(const std::vector<std::int32_t>& kinds, bool any, const char* what) const;
        void write(const std::vector<std::int32_t>& kinds, const std::vector<float>& values, std::size_t rows, float* out) const;
    };

    Part nodes_, edges_;
};

}  // namespace maskscope
