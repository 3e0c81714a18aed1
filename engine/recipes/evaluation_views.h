#pragma once

#include <vector>

#include <ATen/ops/full.h>

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

/// Of which tokens the first mask hides something, [B, N] float; zeros where nothing is masked, ones where frequencies of the whole are.
inline at::Tensor firstHidden(const View& view, const MaskPlan& plan) {
    const bool ofTokens = !plan.masks().empty() && plan.masks().front().space != MaskSpace::Frequency;
    if (ofTokens) return plan.masks().front().hidden;
    return at::full({view.batch(), view.geometry.tokens()}, plan.masks().empty() ? 0.0 : 1.0, at::TensorOptions(at::kFloat).device(view.device()));
}

}  // namespace maskscope
