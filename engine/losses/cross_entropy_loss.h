#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Cross-entropy of codes: -log softmax(prediction)[target] a row, in nats, then the weighted mean over rows. With label
/// smoothing s, the target is (1 - s) times the code plus s times the uniform distribution (Szegedy et al., CVPR 2016, Sec. 7).
class CrossEntropyLoss : public Loss {
public:
    struct Params {
        double smoothing = 0.0;

        static Params read(ParamReader& reader);
    };

    explicit CrossEntropyLoss(const Params& params) : params_(params) {}

    bool comparesCodes() const override { return true; }
    /// @throws ShapeError unless prediction is [B, R, T] and target [B, R] int64
    at::Tensor compute(const LossInput& input) const override;
    /// How often each code occurs; the answer are the logarithms. Codes that do not occur are not asked for either.
    at::Tensor targetMean(const LossInput& input) const override;
    at::Tensor constantAnswer(const at::Tensor& mean) const override;

private:
    Params params_;
};

}  // namespace maskscope
