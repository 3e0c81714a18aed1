#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Finding the other view of a sample among both views of all others: cross-entropy over cosines, both ways (Chen et al., SimCLR, ICML 2020,
/// Sec. 2.1, Eq. 1; Mishra et al., CAN, 2022). Prediction and target are the two views; every row is a sample of its own. Of several masks a
/// sample each is compared with those of its number, and the mean over them counts. Differentiable in both.
class NtXentLoss : public Loss {
public:
    struct Params {
        double temperature = 0.5;
        static Params read(ParamReader& reader);
    };
    explicit NtXentLoss(const Params& params) : params_(params) {}

    bool acrossBatch() const override { return true; }
    /// Rows of weight 0 are neither asked nor among the others. @return weighted mean over rows and both ways, in nats
    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;
    /// Of both views: whoever says the same of all samples finds the other view once in 2B - 1 times.
    bool hasConstantAnswer() const override { return true; }
    at::Tensor constantLoss(const LossInput& input, const at::Tensor& mean) const override;

private:
    at::Tensor amongSamples(at::Tensor one, at::Tensor other, at::Tensor weight) const;

    Params params_;
};

}  // namespace maskscope
