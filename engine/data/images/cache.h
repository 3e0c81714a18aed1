#pragma once

#include <memory>
#include <optional>

#include "data/images/image_dataset.h"

namespace maskscope {

struct CacheOptions {
    std::optional<double> budgetMb;  // MiB of decoded pixels; none: a quarter of the available memory; 0: no cache
};

/// What decoding all of a data set would take, bytes, estimated from the headers of up to 64 evenly spread samples.
double estimateDecodedBytes(const ImageDataset& dataset);

/// Keeps samples, decoded whole, from their first use on, until the budget is used up; from then on the rest is decoded whenever
/// it is used. Gives back the data set itself where it lies in memory as it is, or where the budget is 0. Numbers and pixels are
/// the same either way, so that training does not depend on how much memory a machine has. Reading stays thread-safe and waits
/// for nobody; what cannot be decoded is not kept.
std::shared_ptr<const ImageDataset> cacheDecoded(std::shared_ptr<const ImageDataset> dataset, const CacheOptions& options);

}  // namespace maskscope
