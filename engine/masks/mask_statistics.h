#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/geometry.h"

namespace maskscope {

/// What one mask looks like. Distances and sizes in tokens.
struct MaskStatistics {
    std::int64_t hiddenCount = 0;
    double hiddenRatio = 0;                  // of the real tokens
    std::vector<std::int64_t> clusterSizes;  // hidden tokens that touch along a side, largest first
    double meanClusterSize = 0;              // 0 where nothing is hidden
    std::vector<double> visibleDistances;    // Euclidean, from each hidden token, in order, to the nearest visible one
    double meanVisibleDistance = 0;          // 0 where nothing is hidden
    double maxVisibleDistance = 0;           // infinite where nothing is visible
};

/// Describes a mask on a grid or sequence of 1 to 3 sides; clusters join along every side (4 neighbours in a plane, 6 in a
/// volume). Cost of the distances: hidden * visible.
/// @param hidden  [N] float, 1 = hidden (above 0.5)
/// @param valid   [N] bool or undefined; padding belongs to nothing
/// @throws ShapeError for sets and graphs, or if N is not the geometry's
MaskStatistics maskStatistics(const at::Tensor& hidden, const Geometry& geometry, const at::Tensor& valid = {});

/// How often each token is hidden. @param hidden [draws, N] float @return [N] float in 0..1
at::Tensor hiddenProbability(const at::Tensor& hidden);

}  // namespace maskscope
