#pragma once

#include <cstddef>
#include <cstdint>

namespace maskscope::resampling {

// The loops that resampling spends its time in, over plain memory. A pixel of colour takes four floats, the last of them
// unused: one vector register.

/// One row of values as floats. @param step  every step-th value of `from` is taken
void widen(const std::uint8_t* from, std::size_t count, std::size_t step, float* to);
void widen(const std::uint16_t* from, std::size_t count, std::size_t step, float* to);

/// How a row's pixels become output pixels: sums over `taps` neighbours from first[x] - origin on.
struct Columns {
    const int* first = nullptr;      // [outputs]
    const float* weights = nullptr;  // [outputs, taps]
    int taps = 0, outputs = 0, origin = 0;
};

/// @param row  one value a pixel. @param to  [outputs]
void gatherGrey(const float* row, const Columns& columns, float* to);
/// @param row  three values a pixel, one float behind the last readable. @param to  [outputs, 4]
void gatherColor(const float* row, const Columns& columns, float* to);

/// Rows that make up an output row.
struct Rows {
    const float* const* rows = nullptr;  // [taps]
    const float* weights = nullptr;      // [taps]
    int taps = 0, outputs = 0;
};

/// One plane of the output row: sum * scale + offset, where the sum is kept inside [0, 1] (cubic interpolation overshoots).
void blendGrey(const Rows& rows, float scale, float offset, float* to);
/// Three planes. @param rows  of [outputs, 4]
void blendColor(const Rows& rows, const float* scale, const float* offset, float* const* planes);
/// Their luma as one plane.
void blendLuma(const Rows& rows, float scale, float offset, float* to);

}  // namespace maskscope::resampling
