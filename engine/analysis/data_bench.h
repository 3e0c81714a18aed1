#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace maskscope {

struct DataBenchRequest {
    std::filesystem::path data;
    std::int64_t size = 32;      // side of the crops, pixels
    std::int64_t images = 6000;  // at most those that there are
    int workers = 2;
};

struct DataBench {
    double imagesPerSecond = 0.0;        // decoded, random-resized-cropped, flipped, normalised
    double cachedImagesPerSecond = 0.0;  // the same from the decoded cache; 0 where it does not fit
    std::int64_t images = 0;
};

/// Times the loader that training uses, opening of the data not counted.
/// @throws DataError if the data cannot be read
DataBench runDataBench(const DataBenchRequest& request, std::stop_token stop);

}  // namespace maskscope
