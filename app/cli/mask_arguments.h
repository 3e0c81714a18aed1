#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/value.h"

namespace maskscope::cli {

/// "14x14" -> {14, 14}; one to three positive sides. @throws UsageError
std::vector<std::int64_t> parseGrid(const std::string& text);

/// Adds key=value settings of `mask ... --set` to a strategy's table. @throws UsageError
void addSettings(Value& strategy, const std::vector<std::string>& settings);

}  // namespace maskscope::cli
