#include "losses/ibot_loss.h"

#include <limits>

#include <ATen/ops/ones_like.h>

#include "losses/row_mean.h"
#include "tensor/shape.h"

namespace maskscope {

at::Tensor IbotLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "ibot");
    const at::Tensor rows = teacher_.target(input.target, input.memory).mul(teacher_.logPrediction(input.prediction)).sum(-1).neg();
    if (input.weight.defined()) requireShape(input.weight, {rows.size(0), rows.size(1)}, "weights of rows");
    const at::Tensor weight = input.weight.defined() ? input.weight.to(rows.scalar_type()) : at::ones_like(rows);
    const at::Tensor samples = rows.mul(weight).sum(1).div(weight.sum(1).clamp_min(std::numeric_limits<float>::min()));
    return samples.numel() == 0 ? samples.sum() : samples.mean();
}

at::Tensor IbotLoss::targetMean(const LossInput& input) const { return weightedMean(teacher_.target(input.target, input.memory), input.weight); }

LossMemory IbotLoss::remember(const LossInput& input) const {
    const at::Tensor rows = input.target.flatten(0, 1);
    return teacher_.remember(input.weight.defined() ? rows.index({input.weight.flatten().gt(0)}) : rows, input.memory);
}

}  // namespace maskscope
