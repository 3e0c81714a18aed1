#include "losses/vq_loss.h"

#include "losses/row_mean.h"

namespace maskscope {

at::Tensor VqLoss::compute(const LossInput& input) const { return weightedRowMean(ofRows(input), input.weight); }

at::Tensor VqLoss::ofRows(const LossInput& input) const {
    requireCodes(input, "vq");
    return input.prediction.gather(-1, input.target.unsqueeze(-1)).squeeze(-1).neg();
}

}  // namespace maskscope
