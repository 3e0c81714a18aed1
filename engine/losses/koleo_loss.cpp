#include "losses/koleo_loss.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/pairwise_distance.h>
#include <ATen/ops/topk.h>
#include <fmt/format.h>

#include "core/error.h"
#include "losses/row_mean.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr double kNoNeighbor = -2.0;  // less than any cosine

/// @param x  [R, B, T] unit vectors  @return [R, B, k] int64, the nearest other samples of the same row
at::Tensor nearest(const at::Tensor& x, std::int64_t neighbors) {
    const at::NoGradGuard noGrad;
    const at::Tensor self = at::eye(x.size(1), x.options().dtype(at::kBool));
    return std::get<1>(at::bmm(x, x.transpose(1, 2)).masked_fill(self, kNoNeighbor).topk(neighbors, -1));
}

}  // namespace

KoleoLoss::Params KoleoLoss::Params::read(ParamReader& reader) {
    Params p;
    p.epsilon = reader.number("epsilon", p.epsilon, Range::positive(), "added to lengths and distances");
    p.neighbors = reader.integer("neighbors", p.neighbors, Range::atLeast(1), "nearest samples that a sample is kept apart from");
    return p;
}

at::Tensor KoleoLoss::compute(const LossInput& input) const {
    const at::Tensor& prediction = input.prediction;
    if (!prediction.defined() || prediction.dim() != 3 || prediction.size(0) <= params_.neighbors)
        throw ShapeError(fmt::format("loss 'koleo' got the prediction {}, expected [B, R, T] with more samples than its {} neighbours",
                                     shapeText(prediction), params_.neighbors));
    const at::Tensor x = prediction.transpose(0, 1), unit = x.div(x.norm(2, -1, true).clamp_min(params_.epsilon));
    const std::int64_t rows = unit.size(0), batch = unit.size(1), width = unit.size(2), count = params_.neighbors;
    const at::Tensor index = nearest(unit, count).reshape({rows, batch * count, 1}).expand({rows, batch * count, width});
    const at::Tensor others = unit.gather(1, index).view({rows, batch, count, width});
    const at::Tensor distance = at::pairwise_distance(unit.unsqueeze(2).expand_as(others), others, 2.0, params_.epsilon);
    return weightedRowMean(distance.add(params_.epsilon).log().mean(-1).neg().transpose(0, 1), input.weight);
}

}  // namespace maskscope
