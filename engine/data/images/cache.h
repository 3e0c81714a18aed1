#pragma once

#include <memory>
#include <optional>

#include "data/images/image_dataset.h"

namespace maskscope {

struct CacheOptions {
    std::optional<double> budgetMb;  // MiB; none: a quarter of the available memory; 0: no cache
    int threads = 2;
    Progress progress;
    std::stop_token stop;
};

/// What decoding all of a data set would take, bytes, estimated from the headers of up to 64 evenly spread samples.
double estimateDecodedBytes(const ImageDataset& dataset);

/// Decodes everything once, if it fits the budget; otherwise, and for a data set that lies in memory as it is, gives back the
/// data set itself, with a notice about which it was. Numbers and pixels are the same either way, so that training does not
/// depend on how much memory a machine has. Corrupt samples keep their number: they are told in problems(), and read() throws.
/// @throws StoppedError
std::shared_ptr<const ImageDataset> cacheDecoded(std::shared_ptr<const ImageDataset> dataset, const CacheOptions& options);

}  // namespace maskscope
