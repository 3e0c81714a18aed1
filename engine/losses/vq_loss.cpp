#include "losses/vq_loss.h"

#include <algorithm>

#include <ATen/ops/argsort.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include "losses/row_mean.h"

namespace maskscope {

VqLoss::Params VqLoss::Params::read(ParamReader& reader) {
    Params params;
    params.floor =
        reader.number("floor", params.floor, Range::between(0, 1),
                      "entries chosen less often in a batch than this part of an even share are drawn to the rows farthest from theirs; 0: none");
    return params;
}

at::Tensor VqLoss::compute(const LossInput& input) const {
    const at::Tensor distance = weightedRowMean(ofRows(input), input.weight);
    return params_.floor > 0.0 ? distance.add(wayToNeglected(input)) : distance;
}

at::Tensor VqLoss::ofRows(const LossInput& input) const {
    requireCodes(input, "vq");
    return input.prediction.gather(-1, input.target.unsqueeze(-1)).squeeze(-1).neg();
}

/// @return scalar
at::Tensor VqLoss::wayToNeglected(const LossInput& input) const {
    const at::Tensor distances = input.prediction.flatten(0, 1).neg(), codes = input.target.flatten();  // [B * R, T], [B * R]
    const std::int64_t rows = distances.size(0), entries = distances.size(1), pairs = std::min(rows, entries);
    const at::Tensor counts = at::zeros({entries}, distances.options()).index_add(0, codes, at::ones_like(codes, distances.options()));
    const at::Tensor rarest = counts.argsort(/*stable=*/true).narrow(0, 0, pairs);
    const at::Tensor farthest = std::get<1>(distances.detach().gather(1, codes.unsqueeze(1)).squeeze(1).topk(pairs));
    const at::Tensor way = distances.index_select(0, farthest).gather(1, rarest.unsqueeze(1)).squeeze(1);
    const double least = params_.floor * static_cast<double>(rows) / static_cast<double>(entries);
    return way.mul(counts.index_select(0, rarest).lt(least)).sum().div(static_cast<double>(entries));
}

}  // namespace maskscope
