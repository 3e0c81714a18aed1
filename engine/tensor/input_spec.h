#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskscope {

/// What a recipe feeds its networks: fixed image size, patch size and input statistics.
struct InputSpec {
    std::string kind = "image";
    std::int64_t channels = 3;
    std::int64_t height = 0, width = 0;            // pixels
    std::int64_t patchHeight = 0, patchWidth = 0;  // pixels; they divide height and width
    std::vector<double> mean, std;                 // a channel, in units of the [0, 1] pixel range

    std::int64_t gridRows() const { return height / patchHeight; }
    std::int64_t gridColumns() const { return width / patchWidth; }
    /// N, the number of patches.
    std::int64_t patches() const { return gridRows() * gridColumns(); }
    /// Values in one patch: patchHeight * patchWidth * channels.
    std::int64_t patchValues() const { return patchHeight * patchWidth * channels; }
};

}  // namespace maskscope
