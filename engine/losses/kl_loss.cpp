#include "losses/kl_loss.h"

#include <ATen/ops/log_softmax.h>

#include "losses/row_mean.h"

namespace maskscope {
namespace {

constexpr double kLeast = 1e-30;  // a target of 0 costs much, and never NaN

/// The weighted mean over all rows. @param values [B, R, T] @return [T]
at::Tensor meanOfRows(const at::Tensor& values, const at::Tensor& weight) {
    if (!weight.defined()) return values.mean(at::IntArrayRef{0, 1});
    return values.mul(weight.unsqueeze(-1)).sum(at::IntArrayRef{0, 1}).div(weight.sum().clamp_min(kLeast));
}

}  // namespace

KlLoss::Params KlLoss::Params::read(ParamReader& reader) {
    return {.overBatch = reader.choice("over", "rows", {"rows", "batch"}, "each row's distribution, or the mean of all rows of a batch") == "batch"};
}

at::Tensor KlLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "kl");
    const at::Tensor logRows = input.prediction.log_softmax(-1);
    const bool overBatch = params_.overBatch;
    const at::Tensor p = overBatch ? meanOfRows(logRows.exp(), input.weight) : logRows.exp();
    const at::Tensor q = overBatch ? meanOfRows(input.target, input.weight) : input.target;
    const at::Tensor logP = overBatch ? p.clamp_min(kLeast).log() : logRows;
    const at::Tensor distance = p.mul(logP.sub(q.clamp_min(kLeast).log())).sum(-1);
    return overBatch ? distance : weightedRowMean(distance, input.weight);
}

}  // namespace maskscope
