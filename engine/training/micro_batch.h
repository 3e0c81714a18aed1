#pragma once

#include <vector>

#include "tensor/mask_plan.h"
#include "tensor/view.h"

namespace maskscope {

/// What one forward pass works on.
struct MicroBatch {
    std::vector<View> views;
    MaskPlan plan;
};

/// All tensors that a pass may read, always in the same order.
std::vector<at::Tensor> tensorsOf(const View& view);
std::vector<at::Tensor> tensorsOf(const MicroBatch& batch);

/// What one step came to; tensors stay on the device.
struct StepResult {
    at::Tensor loss;          // scalar, mean over micro-batches
    at::Tensor gradientNorm;  // scalar, before clipping
};

}  // namespace maskscope
