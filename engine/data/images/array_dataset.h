#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/images/image_dataset.h"

namespace maskscope {

/// Pictures of one size in one block of memory.
struct ImageArray {
    std::string path, form;
    std::int64_t count = 0, height = 0, width = 0, channels = 0;
    std::vector<std::uint8_t> values8;  // [count, height, width, channels]; one of the two is filled
    std::vector<std::uint16_t> values16;
    std::vector<std::int64_t> labels;     // [count], or empty
    std::vector<std::string> names;       // [count], or empty: "0", "1", ...
    std::vector<std::string> classNames;  // empty: the labels' numbers
    std::vector<std::string> notices;
};

/// @throws DataError if sides, values and labels do not fit together
std::shared_ptr<ImageDataset> makeArrayDataset(ImageArray array);

}  // namespace maskscope
