#include "losses/frequency_loss.h"

#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "core/error.h"
#include "losses/row_mean.h"

namespace maskscope {

FrequencyLoss::Params FrequencyLoss::Params::read(ParamReader& reader) {
    Params params;
    params.gamma = reader.number("gamma", params.gamma, Range::positive(), "power of the distance between two frequencies");
    return params;
}

at::Tensor FrequencyLoss::compute(const LossInput& input) const {
    requireSameVectors(input, "frequency");
    if (input.target.size(-1) % 2 != 0)
        throw ShapeError(fmt::format("loss 'frequency' compares pairs of real and imaginary parts, found rows of {} values; choose target 'spectrum'",
                                     input.target.size(-1)));
    return weightedRowMean(ofRows(input), input.weight);
}

at::Tensor FrequencyLoss::ofRows(const LossInput& input) const {
    constexpr double kSmall = 1e-12;  // so that the root has a slope at 0
    const auto power = [this](const at::Tensor& squares) { return squares.add(kSmall).pow(0.5 * params_.gamma); };
    const at::Tensor difference = input.prediction.sub(input.target),
                     squares = difference.unflatten(-1, {difference.size(-1) / 2, 2}).square().sum(-1);
    return power(squares).sub(power(at::zeros_like(squares))).mean(-1);
}

}  // namespace maskscope
