#include "losses/ranking_loss.h"

#include <ATen/ops/softplus.h>

#include "losses/row_mean.h"
#include "tensor/shape.h"

namespace maskscope {

at::Tensor RankingLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "ranking");
    requireShape(input.prediction, {kAnySize, kAnySize, 1}, "prediction of an order");
    const at::Tensor prediction = input.prediction.squeeze(-1), target = input.target.squeeze(-1);
    const at::Tensor isHarder = target.unsqueeze(2).gt(target.unsqueeze(1));  // [B, R, R], i before j
    at::Tensor pairs = isHarder.to(prediction.scalar_type());
    if (input.weight.defined()) pairs = pairs.mul(input.weight.gt(0).unsqueeze(2)).mul(input.weight.gt(0).unsqueeze(1));
    const at::Tensor entropy = at::softplus(prediction.unsqueeze(1).sub(prediction.unsqueeze(2)));  // -log sigmoid(p_i - p_j)
    return entropy.mul(pairs).sum().div(pairs.sum().clamp_min(1.0));
}

}  // namespace maskscope
