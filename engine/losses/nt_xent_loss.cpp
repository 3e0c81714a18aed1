#include "losses/nt_xent_loss.h"

#include <limits>

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>

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
    at::Tensor one = input.prediction.flatten(0, 1), other = input.target.flatten(0, 1), weight;
    if (input.weight.defined()) {
        requireShape(input.weight, {input.prediction.size(0), input.prediction.size(1)}, "weights of rows");
        const at::Tensor counted = input.weight.flatten().gt(0).nonzero().squeeze(-1);
        one = one.index_select(0, counted);
        other = other.index_select(0, counted);
        weight = input.weight.flatten().index_select(0, counted).repeat({2}).unsqueeze(0);
    }
    const std::int64_t count = one.size(0);
    if (count == 0) return input.prediction.sum().mul(0.0);
    const at::Tensor all = unitRows(at::cat({one, other}));
    const at::Tensor cosines = at::matmul(all, all.t()).div(params_.temperature);
    const at::Tensor self = at::eye(2 * count, cosines.options().dtype(at::kBool));
    const at::Tensor likely = cosines.masked_fill(self, -std::numeric_limits<double>::infinity()).log_softmax(-1);
    const at::Tensor pairs = at::cat({likely.diagonal(count), likely.diagonal(-count)});
    return weightedRowMean(pairs.neg().unsqueeze(0), weight);
}

}  // namespace maskscope
