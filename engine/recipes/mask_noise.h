#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "masks/mask_strategy.h"
#include "recipes/method_spec.h"
#include "tensor/signals.h"
#include "tensor/view.h"

namespace maskscope {

/// Two numbers for every token of every row. @return [rows, tokens, 2] float in [0, 1), a function of the draw alone
at::Tensor drawChances(const MaskDraw& draw, std::int64_t tokens);

/// The signals, with noise in the place of what a recipe's networks would say of the views: where there is no model, or where masks must
/// not move with it.
Signals blindSignals(const MethodSpec& spec, const std::vector<View>& views, const Signals& signals, const MaskDraw& draw);

}  // namespace maskscope
