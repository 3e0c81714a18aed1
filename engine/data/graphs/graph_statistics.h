#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "data/graphs/graph_dataset.h"

namespace maskscope {

/// Counts over the graphs of a data set that can be used.
struct GraphStatistics {
    std::int64_t graphs = 0, unusable = 0, unlabelled = 0, withoutEdges = 0;
    std::int64_t nodes = 0, edges = 0;  // over all graphs
    std::int64_t fewestNodes = 0, mostNodes = 0, fewestEdges = 0, mostEdges = 0;
    std::map<std::string, std::int64_t> classes, nodeKinds, edgeKinds;  // how often each occurs
};

/// @throws StoppedError
GraphStatistics graphStatistics(const GraphDataset& dataset, const std::stop_token& stop = {});

}  // namespace maskscope
