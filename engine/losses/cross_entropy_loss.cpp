#include "losses/cross_entropy_loss.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ones.h>

#include "losses/row_mean.h"

namespace maskscope {

CrossEntropyLoss::Params CrossEntropyLoss::Params::read(ParamReader& reader) {
    Params params;
    params.smoothing = reader.number("smoothing", params.smoothing, {.min = 0, .max = 1, .openMax = true},
                                     "share of the target that is spread over all codes (label smoothing)");
    return params;
}

at::Tensor CrossEntropyLoss::compute(const LossInput& input) const {
    requireCodes(input, "cross_entropy");
    const at::Tensor &prediction = input.prediction, &codes = input.target;
    const at::Tensor rows = at::cross_entropy_loss(prediction.flatten(0, 1), codes.flatten(), {}, at::Reduction::None, -100, params_.smoothing);
    return weightedRowMean(rows.view(codes.sizes()), input.weight);
}

at::Tensor CrossEntropyLoss::targetMean(const LossInput& input) const {
    const at::Tensor weights = input.weight.defined() ? input.weight.flatten().to(at::kDouble) : at::ones({input.target.numel()}, at::kDouble);
    const at::Tensor counts = at::bincount(input.target.flatten().cpu(), weights.cpu(), input.prediction.size(-1));
    return counts.div(counts.sum().clamp_min(1.0));
}

at::Tensor CrossEntropyLoss::constantAnswer(const at::Tensor& mean) const { return logShares(mean); }

}  // namespace maskscope
