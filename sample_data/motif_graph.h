#pragma once

#include <array>
#include <utility>
#include <vector>

#include "core/random.h"

namespace maskscope::sample_data {

inline constexpr std::array<const char*, 4> kMotifNames{"community", "cycle", "grid", "star"};
inline constexpr std::array<const char*, 6> kNodeKinds{"A", "B", "C", "D", "E", "F"};
inline constexpr std::array<const char*, 4> kEdgeKinds{"single", "double", "weak", "cross"};

/// A graph of one motif in a random surrounding.
struct MotifGraph {
    std::vector<int> nodeKinds;              // a node: index into kNodeKinds
    std::vector<std::pair<int, int>> edges;  // each once
    std::vector<int> edgeKinds;              // an edge: index into kEdgeKinds
};

/// Draws a graph. The motif has a random size; a few of all kinds are chosen for it at random and laid out as the motif goes (a cycle
/// alternates, a star differs from its hub, rows of a grid and communities each have one kind), but every seventh node or so is of any
/// kind. A random tree of nodes of any kind grows on it, some random edges join any two nodes, and all nodes are numbered at random. Edges
/// tend to be "double" between like and "single" between unlike nodes of the motif, "weak" in the tree, "cross" where they are random.
/// So neither the count of a kind nor a single node says what the motif is.
/// @param motif  index into kMotifNames
/// @return       depends on the stream's numbers alone
MotifGraph drawMotifGraph(int motif, RandomStream random);

}  // namespace maskscope::sample_data
