#include "losses/sparsity_loss.h"

#include <numbers>

#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr double kEpsilon = 1e-10;  // as the authors' code

}  // namespace

at::Tensor SparsityLoss::compute(const LossInput& input) const {
    requireShape(input.prediction, {kAnySize, kAnySize, kAnySize}, "logits of masks");
    at::Tensor shares = input.prediction.softmax(-1);
    if (input.weight.defined())
        shares = shares.mul(input.weight.unsqueeze(-1)).sum(at::IntArrayRef{1}).div(input.weight.sum(at::IntArrayRef{1}, true).clamp_min(kEpsilon));
    else
        shares = shares.mean(at::IntArrayRef{1});
    return shares.mul(std::numbers::pi).sin().add(kEpsilon).reciprocal().mean();
}

}  // namespace maskscope
