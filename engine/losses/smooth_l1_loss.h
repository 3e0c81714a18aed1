#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Smooth L1, with d = prediction - target: d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere; the mean over the T values of
/// a row, then the weighted mean over rows. Girshick, Fast R-CNN, ICCV 2015, Eq. 3, with the beta of Baevski et al.,
/// data2vec, ICML 2022, Sec. 3.3.
class SmoothL1Loss : public Loss {
public:
    struct Params {
        double beta = 1.0;  // in units of the target

        static Params read(ParamReader& reader);
    };

    explicit SmoothL1Loss(const Params& params) : params_(params) {}

    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;

private:
    Params params_;
};

}  // namespace maskscope
