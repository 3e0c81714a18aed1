#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>

namespace maskscope {

struct DataBenchRequest {
    std::filesystem::path data;
    std::int64_t size = 32;      // side of the crops, pixels
    std::int64_t images = 6000;  // an epoch takes at most those that there are
    int workers = 2;
    bool scaled = false;  // measure scaled decoding as well
};

/// Pictures of a data set on their way into training: random-resized-cropped, flipped, normalised, in batches of 64.
struct DataBench {
    std::int64_t images = 0;             // an epoch
    double imagesPerSecond = 0.0;        // decoded each time
    double cachedImagesPerSecond = 0.0;  // from the decoded cache; 0 where it does not hold everything
    struct Scaled {
        double imagesPerSecond = 0.0;
        double psnrDb = 0.0;  // of its views against those of the exact path, over all pixels; infinite where they are equal
    };
    std::optional<Scaled> scaled;
};

/// Times the loader that training uses, opening of the data not counted, over at least three epochs and a second.
/// @throws DataError if the data cannot be read, StoppedError
DataBench runDataBench(const DataBenchRequest& request, std::stop_token stop);

}  // namespace maskscope
