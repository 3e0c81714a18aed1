#include "losses/l1_loss.h"

#include "losses/row_mean.h"

namespace maskscope {

at::Tensor L1Loss::compute(const LossInput& input) const {
    requireSameVectors(input, "l1");
    return weightedRowMean(ofRows(input), input.weight);
}

at::Tensor L1Loss::ofRows(const LossInput& input) const { return input.prediction.sub(input.target).abs().mean(at::IntArrayRef{-1}); }

}  // namespace maskscope
