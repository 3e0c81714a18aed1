#pragma once

#include <vector>

namespace maskscope {

/// How pixels between pixels are found.
enum class Interpolation {
    Area,      // averages over areas where it shrinks, cubic (Keys, a = -0.5) where it enlarges
    Bilinear,  // a triangle, as wide as an output pixel where it shrinks (antialiased), as Pillow and torchvision have it
};

/// Which source pixels make up each output pixel along one axis.
struct AxisWeights {
    int taps = 0;                // source pixels an output pixel, the same number for all
    int low = 0, high = 0;       // all of them lie in [low, high)
    std::vector<int> first;      // [outputs], source pixel
    std::vector<float> weights;  // [outputs, taps]; those of an output pixel add up to 1, some may be 0
};

/// @param axis           receives the answer; its memory is used again
/// @param start, length  the box along the axis, in source pixels; length above 0
/// @param side           source pixels along the axis
/// @param outputs        output pixels
/// @param mirrored       the last output pixel first
void fillAxisWeights(AxisWeights& axis, double start, double length, int side, int outputs, Interpolation interpolation, bool mirrored = false);

/// Source pixels that a box touches along one axis: what AxisWeights calls low and high.
struct PixelRange {
    int low = 0, high = 0;
};
PixelRange touchedPixels(double start, double length, int side);

}  // namespace maskscope
