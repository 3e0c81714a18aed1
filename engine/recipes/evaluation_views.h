#pragma once

#include <vector>

#include "recipes/method_spec.h"
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

}  // namespace maskscope
