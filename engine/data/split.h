#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace maskscope {

/// Which samples train and which only measure; ascending, never both (but for a data set of one).
struct HoldOut {
    std::vector<std::int64_t> train, validation;
    std::string notice;  // empty, or what the user should know
};

/// Holds a share out. Which samples depends on the seed and the samples' names alone.
/// @param share  0 < share < 1; at least one sample lands on either side
HoldOut holdOut(const Dataset& dataset, double share, std::uint64_t seed);

/// The samples that a run validates on where it is given none: the same ones whatever the run's seed.
HoldOut holdOutForValidation(const Dataset& dataset, double share);

/// All sample numbers.
std::vector<std::int64_t> allSamples(const Dataset& dataset);

/// `count` of the samples (all, if there are no more), evenly spread over them, so that every class has its share.
std::vector<std::int64_t> evenlySpread(const std::vector<std::int64_t>& samples, std::int64_t count);

}  // namespace maskscope
