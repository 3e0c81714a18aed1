#pragma once

#include <vector>

namespace maskscope {

/// Which source pixels make up each output pixel along one axis.
struct AxisWeights {
    struct Span {
        int first = 0;        // source pixel
        int count = 0;        // neighbours from there on
        int firstWeight = 0;  // place in `weights`
    };
    int low = 0, high = 0;  // all spans lie in [low, high)
    std::vector<Span> spans;
    std::vector<float> weights;  // those of a span add up to 1
};

/// @param start, length  the box along the axis, in source pixels; length above 0
/// @param side           source pixels along the axis
/// @param outputs        output pixels
AxisWeights axisWeights(double start, double length, int side, int outputs);

}  // namespace maskscope
