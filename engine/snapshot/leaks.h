#pragma once

#include <cstdint>
#include <vector>

#include "snapshot/health.h"

namespace maskscope {

/// Whether what is hidden reaches the predictions of a model, a finding an objective.
struct LeakRecord {
    std::int64_t step = 0;  // of the weights
    bool leaks = false;     // whether something got through that must not
    std::vector<HealthFinding> findings;
};

}  // namespace maskscope
