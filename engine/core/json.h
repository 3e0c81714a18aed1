#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/value.h"

namespace maskscope {

/// A configuration tree as JSON; none, NaN and infinities become null.
nlohmann::json toJson(const Value& value);

}  // namespace maskscope
