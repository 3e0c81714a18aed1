#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/images/image_dataset.h"

namespace maskscope {

/// What `inspect` tells about a data set.
struct DatasetStatistics {
    std::int64_t count = 0;
    std::vector<std::pair<std::string, std::int64_t>> classes;  // name and samples, in label order
    std::int64_t unlabelled = 0;

    // Of the samples that were looked at:
    std::int64_t examined = 0, unreadable = 0;
    int minWidth = 0, maxWidth = 0, minHeight = 0, maxHeight = 0;  // pixels
    std::map<int, std::int64_t> channels, bits;                    // value -> samples
    std::vector<double> mean, std;  // a channel, in [0, 1], each picture with the same weight; of pictures with the most common channels
};

/// @param examine  look into at most so many samples, evenly spread
/// @throws StoppedError
DatasetStatistics computeStatistics(const ImageDataset& dataset, std::int64_t examine = 500, const Progress& progress = {},
                                    std::stop_token stop = {});

}  // namespace maskscope
