#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

/// Pixels in memory, row by row, channels interleaved (R, G, B order for three channels). Plain data.
struct Image {
    int width = 0;
    int height = 0;
    int channels = 0;
    std::vector<std::uint8_t> pixels;  // height * width * channels values in 0..255

    bool empty() const { return pixels.empty(); }
    std::size_t offset(int x, int y) const {
        return (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * static_cast<std::size_t>(channels);
    }
};

}  // namespace maskscope
