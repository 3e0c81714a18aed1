#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "core/value.h"
#include "snapshot/mask_lab.h"
#include "tensor/geometry.h"

namespace maskscope {

/// Draws the masks of a laboratory sheet and describes `request.draws` more of each strategy. Strategies are written as
/// parseStrategy reads them; a ratio of the request is left out for a strategy that has none. One that cannot be drawn on this
/// geometry says so in its `problem`, the others are drawn all the same.
/// @param geometry  of one sample, 1 or 2 sides
/// @throws ShapeError for another geometry. @return none when stopped
std::optional<MaskLabSheet> drawMaskLab(const MaskLabRequest& request, const Geometry& geometry, const std::stop_token& stop = {});

}  // namespace maskscope
