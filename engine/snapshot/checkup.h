#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "snapshot/session.h"

namespace maskscope {

/// What the features of a model tell of it after a step, on samples that never train.
struct CheckupRecord {
    std::int64_t step = 0;
    FeatureSpread spread;
    /// Share of the samples whose class the most alike of the others name right; none where classes are missing.
    std::optional<double> neighbourAccuracy;
    double chance = 0.0;          // the share that always naming the commonest class gets right
    std::int64_t samples = 0;     // with a class
    std::string withoutAccuracy;  // why there is none, and how to get one; empty: there is one
};

}  // namespace maskscope
