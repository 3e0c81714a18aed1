#pragma once

#include <cstdint>

#include "snapshot/session.h"
#include "tensor/features.h"

namespace maskscope {

/// @param features  of whole samples, nothing dropped; padding does not count
/// @throws ShapeError if tokens were dropped
FeatureSpread featureSpread(const Features& features, std::int64_t step);

}  // namespace maskscope
