#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "data/graphs/graph_coder.h"
#include "data/view_source.h"

namespace maskscope {

/// Graphs side by side, padded to the largest: "nodes" [B, N, F], and "edges" [B, S, A] where edges carry attributes. Nodes and
/// edge slots keep their order, padding comes last and is zero. Geometry: `valid`, and `edges`, `edgeSlots`, `edgeValid` with both
/// directions of an edge next to each other.
/// @param writer  made for the graphs' data set; has no problem with any of them
View graphBatch(const std::string& name, const std::vector<const Graph*>& graphs, const std::vector<std::int64_t>& sampleIds, const GraphCoder& coder,
                const GraphWriter& writer);

/// Graphs as views. They have no augmentation: every view of a sample holds the same.
class GraphViews : public ViewSource {
public:
    /// @param names  of the views
    /// @throws DataError if no sample can be used
    GraphViews(std::shared_ptr<const GraphDataset> dataset, const std::vector<std::int64_t>& samples, GraphCoder coder,
               std::vector<std::string> names);

    const Dataset& dataset() const override { return *dataset_; }
    std::int64_t count() const override { return static_cast<std::int64_t>(samples_.size()); }
    std::vector<View> make(std::uint64_t seed, std::span<const SampleSlot> slots) const override;
    std::int64_t replaced() const override { return replaced_; }

private:
    std::shared_ptr<const GraphDataset> dataset_;
    GraphCoder coder_;
    GraphWriter writer_;
    std::vector<std::string> names_;
    std::vector<std::int64_t> samples_;  // a place: the sample that stands there, or the next that can be used
    std::vector<bool> isReplacement_;
    mutable std::atomic<std::int64_t> replaced_ = 0;
};

/// Those of the samples that can be used; the others are reported.
/// @throws DataError if none can be used, StoppedError
View evaluationGraphs(const GraphDataset& dataset, const std::vector<std::int64_t>& samples, const GraphCoder& coder, const std::stop_token& stop);

}  // namespace maskscope
