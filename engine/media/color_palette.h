#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/image.h"

namespace maskscope {

/// A picture in at most 256 colours.
struct PalettePicture {
    std::vector<std::array<std::uint8_t, 3>> palette;  // 1..256 colours
    std::vector<std::uint8_t> indices;                 // a pixel, row by row
};

/// Chooses colours by median cut: the box with the widest channel is halved at its median until there are 256 boxes, and each
/// becomes its mean colour. A picture of at most 256 colours keeps them exactly.
/// @param image  1 or 3 channels, not empty
PalettePicture toPalette(const Image& image);

}  // namespace maskscope
