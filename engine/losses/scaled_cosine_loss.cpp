#include "losses/scaled_cosine_loss.h"

#include <ATen/ops/linalg_vector_norm.h>

#include "losses/row_mean.h"

namespace maskscope {
namespace {

constexpr double kSmallestLength = 1e-12;

at::Tensor lengths(const at::Tensor& vectors) { return vectors.norm(2, at::IntArrayRef{-1}, /*keepdim=*/true); }

}  // namespace

ScaledCosineLoss::Params ScaledCosineLoss::Params::read(ParamReader& reader) {
    Params params;
    params.gamma = reader.number("gamma", params.gamma, Range::atLeast(1), "power of the cosine distance: how little nearly right rows count");
    return params;
}

at::Tensor ScaledCosineLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "scaled_cosine");
    const at::Tensor a = lengths(input.prediction), b = lengths(input.target);
    // 1 - cos is half the squared distance of the unit vectors: never below 0, and exactly 0 for equal vectors.
    const at::Tensor distance = input.prediction.div(a.clamp_min(kSmallestLength)).sub(input.target.div(b.clamp_min(kSmallestLength)));
    const at::Tensor missing = a.lt(kSmallestLength).to(a.scalar_type()).add(b.lt(kSmallestLength)).squeeze(-1);
    const at::Tensor rows = distance.square().sum(at::IntArrayRef{-1}).add(missing).mul(0.5);
    return weightedRowMean(rows.pow(params_.gamma), input.weight);
}

}  // namespace maskscope
