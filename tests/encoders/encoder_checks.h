#pragma once

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include <QString>

#include "tensor/mask_plan.h"

/// What tests of several encoders need.
namespace maskscope::testing {

/// A plan of one mask "hidden". @param hidden  [B * copies, N]
inline MaskPlan planOf(const at::Tensor& hidden, std::int64_t copies = 1) {
    MaskPlan plan(copies);
    Mask mask;
    mask.hidden = hidden;
    plan.add(std::move(mask));
    return plan;
}

/// Compares the gradient of one entry of every parameter with a finite difference; in double.
/// @param value  a scalar of the module
/// @return which parameter is wrong, with both slopes; empty: none
template <typename Value>
QString wrongSlope(torch::nn::Module& module, Value value) {
    value().backward();
    constexpr double kShift = 1e-6;
    const torch::NoGradGuard noGrad;
    for (auto& item : module.named_parameters()) {
        at::Tensor flat = item.value().view(-1);
        const std::int64_t place = flat.size(0) / 2;
        const double before = flat[place].template item<double>();
        flat[place] = before + kShift;
        const double above = value().template item<double>();
        flat[place] = before - kShift;
        const double below = value().template item<double>();
        flat[place] = before;
        const double expected = (above - below) / (2 * kShift), found = item.value().grad().view(-1)[place].template item<double>();
        if (!(std::abs(expected - found) <= 1e-5 * std::max(1.0, std::abs(expected))))
            return QString("%1: %2 and %3").arg(item.key().c_str()).arg(expected).arg(found);
    }
    return {};
}

}  // namespace maskscope::testing
