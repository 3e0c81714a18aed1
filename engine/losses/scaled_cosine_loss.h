#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Scaled cosine error: (1 - cos(prediction, target))^gamma a row, then the weighted mean over rows. Hou et al., GraphMAE, KDD 2022,
/// Eq. 2. The length of a prediction does not count, and gamma above 1 takes weight from rows that are nearly right. A row of zeros has no
/// direction: its cosine is 0.
class ScaledCosineLoss : public Loss {
public:
    struct Params {
        double gamma = 2.0;

        static Params read(ParamReader& reader);
    };

    explicit ScaledCosineLoss(const Params& params) : params_(params) {}

    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;

private:
    Params params_;
};

}  // namespace maskscope
