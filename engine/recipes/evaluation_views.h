#pragma once

#include <vector>

#include <ATen/ops/zeros.h>

#include "recipes/method_spec.h"
#include "tensor/mask_plan.h"
#include "tensor/view.h"

namespace maskscope {

/// The same samples in every view that a method has: evaluation does not augment.
inline std::vector<View> evaluationViews(const MethodSpec& spec, const View& view) {
    std::vector<View> views;
    for (const ViewSpec& each : spec.views) {
        views.push_back(view);
        views.back().name = each.name;
    }
    return views;
}

/// What the first mask hides, [B, N] float; zeros where nothing is masked.
inline at::Tensor firstHidden(const View& view, const MaskPlan& plan) {
    if (!plan.masks().empty()) return plan.masks().front().hidden;
    return at::zeros({view.batch(), view.geometry.tokens()}, at::TensorOptions(at::kFloat).device(view.device()));
}

}  // namespace maskscope
