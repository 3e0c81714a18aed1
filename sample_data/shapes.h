#pragma once

#include <array>

namespace maskscope::sample_data {

inline constexpr std::array<const char*, 10> kShapeNames{"arrow",   "crescent", "cross",  "disc", "heart",
                                                         "hexagon", "ring",     "square", "star", "triangle"};

/// Distance from a point to the outline of a shape in its own frame: below 0 inside. The shapes fill about the unit disc and
/// cover similar areas; x points right, y down.
/// @param shape  index into kShapeNames
double shapeDistance(int shape, double x, double y);

}  // namespace maskscope::sample_data
