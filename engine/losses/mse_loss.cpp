#include "losses/mse_loss.h"

#include "losses/row_mean.h"

namespace maskscope {

at::Tensor MseLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "mse");
    return weightedRowMean(ofRows(input), input.weight);
}

at::Tensor MseLoss::ofRows(const LossInput& input) const { return input.prediction.sub(input.target).square().mean(at::IntArrayRef{-1}); }

}  // namespace maskscope
