#include "losses/hinge_loss.h"

#include "losses/row_mean.h"

namespace maskscope {

HingeLoss::Params HingeLoss::Params::read(ParamReader& reader) {
    Params params;
    params.bounded =
        reader.flag("bounded", params.bounded, "whether verdicts beyond their label cost nothing: true for who judges, false for who is judged");
    return params;
}

at::Tensor HingeLoss::compute(const LossInput& input) const { return weightedRowMean(ofRows(input), input.weight); }

at::Tensor HingeLoss::ofRows(const LossInput& input) const {
    requireSameVectors(input, "hinge");
    const at::Tensor agreement = input.prediction.mul(input.target);
    return (params_.bounded ? agreement.neg().add(1.0).clamp_min(0.0) : agreement.neg()).mean(at::IntArrayRef{-1});
}

}  // namespace maskscope
