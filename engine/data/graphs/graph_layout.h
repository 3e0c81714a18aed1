#pragma once

#include <cstdint>
#include <vector>

#include "data/graphs/graph.h"

namespace maskscope {

/// A place in the unit square, y pointing down.
struct NodePlace {
    double x = 0.5, y = 0.5;
};

/// Places the nodes of a graph: Fruchterman & Reingold, Graph Drawing by Force-directed Placement, 1991 (edges pull with d^2 / k,
/// all nodes push with k^2 / d, steps shrink), with weaker edges where both ends have many and a weak pull to the middle that keeps unconnected parts
/// together. Starts on a spiral, so that the same graph always gets the same places; work is bounded for large graphs.
/// @param nodes  their number
/// @return       one place a node, filling the unit square up to a margin
std::vector<NodePlace> layoutGraph(std::int64_t nodes, const std::vector<GraphEdge>& edges);

}  // namespace maskscope
