#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

namespace maskscope {

/// Fills hidden pixels of one image plane with the solution of the Laplace equation: each becomes the mean of its four
/// neighbours, visible pixels are the boundary values, and the image's border reflects (neighbours outside do not
/// count). Solved by conjugate gradients until the root mean square residual is below `tolerance`; the work grows
/// with the width of the holes. Thread-safe, and the same on every thread count.
/// @param plane      height * width values, row by row; hidden ones are read only as the first guess
/// @param hidden     height * width flags, 1 = hidden; at least one pixel must be visible
/// @param tolerance  in units of the plane's values
/// @return whether it converged; false only when stopped (the plane then holds the state so far)
bool inpaintLaplace(std::span<float> plane, std::span<const std::uint8_t> hidden, std::int64_t width, double tolerance, const std::stop_token& stop);

}  // namespace maskscope
