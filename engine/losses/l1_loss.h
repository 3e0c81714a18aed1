#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Mean absolute error: over the T values of a row, then the weighted mean over rows. Xie et al., SimMIM, CVPR 2022,
/// Sec. 3.4.
class L1Loss : public Loss {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };

    explicit L1Loss(const Params&) {}

    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;
    at::Tensor ofRows(const LossInput& input) const override;
};

}  // namespace maskscope
