#include "losses/nt_xent_loss.h"

#include <limits>

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>

#include "losses/row_mean.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr double kNormalizeEps = 1e-12;

at::Tensor unitRows(const at::Tensor& x) { return x.div(x.norm(2, -1, true).clamp_min(kNormalizeEps)); }

}  // namespace

NtXentLoss::Params NtXentLoss::Params::read(ParamReader& reader) {
    Params p;
    p.temperature = reader.number("temperature", p.temperature, Range::positive(), "cosines are divided by it");
    return p;
}

at::Tensor NtXentLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "nt_xent");
    if (input.weight.defined()) requireShape(input.weight, {input.prediction.size(0), input.prediction.size(1)}, "weights of rows");
    at::Tensor sum;
    for (std::int64_t copy = 0; copy < input.copies; ++copy) {
        const auto rows = [&](const at::Tensor& x) { return x.defined() ? x.slice(0, copy, std::nullopt, input.copies).flatten(0, 1) : x; };
        const at::Tensor part = amongSamples(rows(input.prediction), rows(input.target), rows(input.weight));
        sum = sum.defined() ? sum.add(part) : part;
    }
    return sum.div(static_cast<double>(input.copies));
}

/// @param one, other  [R, T]   @param weight  [R] or undefined
at::Tensor NtXentLoss::amongSamples(at::Tensor one, at::Tensor other, at::Tensor weight) const {
    if (weight.defined()) {
        const at::Tensor counted = weight.gt(0).nonzero().squeeze(-1);
        one = one.index_select(0, counted);
        other = other.index_select(0, counted);
        weight = weight.index_select(0, counted).repeat({2}).unsqueeze(0);
    }
    const std::int64_t count = one.size(0);
    if (count == 0) return one.sum().mul(0.0);
    const at::Tensor all = unitRows(at::cat({one, other}));
    const at::Tensor cosines = at::matmul(all, all.t()).div(params_.temperature);
    const at::Tensor self = at::eye(2 * count, cosines.options().dtype(at::kBool));
    const at::Tensor likely = cosines.masked_fill(self, -std::numeric_limits<double>::infinity()).log_softmax(-1);
    const at::Tensor pairs = at::cat({likely.diagonal(count), likely.diagonal(-count)});
    return weightedRowMean(pairs.neg().unsqueeze(0), weight);
}

at::Tensor NtXentLoss::constantLoss(const LossInput& input, const at::Tensor&) const {
    LossInput blind = input;
    blind.prediction = blind.target = at::ones_like(input.target);
    return compute(blind);
}

}  // namespace maskscope
