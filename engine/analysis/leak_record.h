#pragma once

#include <cstdint>
#include <vector>

#include "inference/leak_check.h"
#include "snapshot/leaks.h"

namespace maskscope {

/// What a leak check found, in plain words.
LeakRecord leakRecord(const std::vector<LeakFinding>& findings, std::int64_t step);

}  // namespace maskscope
