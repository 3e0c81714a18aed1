#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Mean squared error: over the T values of a row, then the weighted mean over rows. He et al., Masked Autoencoders Are
/// Scalable Vision Learners, CVPR 2022, Sec. 3, 'Reconstruction target'.
class MseLoss : public Loss {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };

    explicit MseLoss(const Params&) {}

    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;
    at::Tensor ofRows(const LossInput& input) const override;
};

}  // namespace maskscope
