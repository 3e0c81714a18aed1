#include "losses/msn_loss.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/xlogy.h>
#include <fmt/format.h>

#include "core/error.h"
#include "losses/row_mean.h"
#include "tensor/shape.h"

namespace maskscope {

at::Tensor sinkhornShares(const at::Tensor& shares, std::int64_t rounds) {
    const at::NoGradGuard noGrad;
    if (rounds <= 0) return shares;
    const auto rows = static_cast<double>(shares.size(0)), columns = static_cast<double>(shares.size(1));
    at::Tensor table = shares.div(shares.sum());
    for (std::int64_t i = 0; i < rounds; ++i) {
        table = table.div(table.sum(0, true)).div(columns);
        table = table.div(table.sum(1, true)).div(rows);
    }
    return table.mul(rows);
}

MsnLoss::Params MsnLoss::Params::read(ParamReader& reader) {
    Params p;
    p.temperature = reader.number("temperature", p.temperature, Range::positive(), "cosines with prototypes are divided by it");
    p.sharpening = reader.number("sharpening", p.sharpening, {.min = 0, .max = 1, .openMin = true},
                                 "targets are raised to the power of 1 / sharpening; 1: they stay as they are");
    p.sinkhorn = reader.integer("sinkhorn", p.sinkhorn, Range::between(0, 1000), "rounds that even targets out over the batch; 0: none");
    p.priorWeight = reader.number("prior_weight", p.priorWeight, Range::atLeast(0), "weight of the distance to the prior over prototypes");
    p.powerLaw = reader.choice("prior", "uniform", {"uniform", "power_law"},
                               "how the batch should be shared out among prototypes: evenly, or by a power law (PMSN)") == "power_law";
    p.exponent = reader.number("exponent", p.exponent, Range::atLeast(0), "of the power law; prototype k has the share k^-exponent");
    return p;
}

/// softmax, sharpened, evened out. @param cosines  [B, R, P]
at::Tensor MsnLoss::targetShares(const at::Tensor& cosines) const {
    const at::NoGradGuard noGrad;
    // A softmax to the power a, made to sum to 1 again, is the softmax of a times the logits.
    const at::Tensor shares = cosines.div(params_.temperature * params_.sharpening).softmax(-1).flatten(0, 1);
    return sinkhornShares(shares, params_.sinkhorn).view(cosines.sizes());
}

/// Uniform: log P minus the entropy; power law: the Kullback-Leibler divergence from it. @param shares  [P], the mean prediction
at::Tensor MsnLoss::priorTerm(const at::Tensor& shares) const {
    if (!params_.powerLaw) return at::xlogy(shares, shares).sum().add(std::log(static_cast<double>(shares.size(0))));
    at::Tensor prior = at::arange(1, shares.size(0) + 1, shares.options()).pow(-params_.exponent);
    prior = prior.div(prior.sum());
    return prior.mul(prior.log().sub(shares.log())).sum();
}

at::Tensor MsnLoss::compute(const LossInput& input) const {
    const at::Tensor &anchors = input.prediction, &targets = input.target;
    if (!anchors.defined() || anchors.dim() != 3 || !targets.defined() || targets.dim() != 3 || anchors.size(0) != targets.size(0) ||
        anchors.size(2) != targets.size(2) || (targets.size(1) != 1 && targets.size(1) != anchors.size(1)))
        throw ShapeError(fmt::format("loss 'msn' got the prediction {} and the target {}, expected [B, R, P] and [B, R or 1, P]", shapeText(anchors),
                                     shapeText(targets)));
    const at::Tensor logShares = anchors.div(params_.temperature).log_softmax(-1);
    const at::Tensor entropy = weightedRowMean(targetShares(targets).mul(logShares).sum(-1).neg(), input.weight);
    if (params_.priorWeight == 0.0) return entropy;
    const at::Tensor weight = input.weight.defined() ? input.weight.to(anchors.scalar_type()) : at::ones_like(logShares.select(-1, 0));
    const at::Tensor total = weight.sum();
    const at::Tensor counts = total.gt(0.0);  // asked of the device: where nothing has weight, the term is 0
    const at::Tensor sum = logShares.exp().mul(weight.unsqueeze(-1)).sum(at::IntArrayRef{0, 1});
    const at::Tensor mean = at::where(counts, sum.div(total.clamp_min(1e-30)), 1.0 / static_cast<double>(sum.size(0)));
    return entropy.add(priorTerm(mean).mul(counts), params_.priorWeight);
}

at::Tensor MsnLoss::targetMean(const LossInput& input) const { return weightedMean(targetShares(input.target), {}); }

at::Tensor MsnLoss::constantAnswer(const at::Tensor& mean) const { return logShares(mean).mul(params_.temperature); }

}  // namespace maskscope
