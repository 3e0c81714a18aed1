#include "losses/smooth_l1_loss.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/smooth_l1_loss.h>

#include "losses/row_mean.h"

namespace maskscope {

SmoothL1Loss::Params SmoothL1Loss::Params::read(ParamReader& reader) {
    Params params;
    params.beta = reader.number("beta", params.beta, Range::positive(), "difference below which the loss is quadratic, in units of the target");
    return params;
}

at::Tensor SmoothL1Loss::compute(const LossInput& input) const {
    requireSameVectors(input, "smooth_l1");
    const at::Tensor values = at::smooth_l1_loss(input.prediction, input.target, at::Reduction::None, params_.beta);
    return weightedRowMean(values.mean(at::IntArrayRef{-1}), input.weight);
}

}  // namespace maskscope
