#include "losses/l1_loss.h"

#include "losses/row_mean.h"

namespace maskscope {

at::Tensor L1Loss::compute(const LossInput& input) const {
    requireSameVectors(input, "l1");
    return weightedRowMean(input.prediction.sub(input.target).abs().mean(at::IntArrayRef{-1}), input.weight);
}

}  // namespace maskscope
