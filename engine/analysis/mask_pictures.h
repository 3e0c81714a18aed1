#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/image.h"

namespace maskscope {

/// A sheet of masks; hidden patches are grey and hatched.
/// @param hidden  [count, N] float, 1 = hidden; at most the first 64 are shown
/// @param sides   of the patch grid, slowest first; three sides: the first is shown one below the other
/// @param image   what lies below the masks; empty: a plain light square
Image maskSheet(const at::Tensor& hidden, const std::vector<std::int64_t>& sides, const Image& image);

}  // namespace maskscope
