#pragma once

#include <string>

#include "core/value.h"

namespace maskscope {

/// A mask strategy in one word, as people type it: "block" or "block:ratio=0.5,min_block=4".
/// @return a [mask] table: { strategy = "block", ratio = 0.5, min_block = 4 }. @throws UsageError
Value parseStrategy(const std::string& text);

}  // namespace maskscope
