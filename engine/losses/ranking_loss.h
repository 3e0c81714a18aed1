#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Whether a prediction puts rows into the order of their targets: of all pairs of rows of a sample, the cross-entropy of sigmoid(p_i - p_j) with
/// whether t_i > t_j (Wang et al., HPM, CVPR 2023, Sec. 3.3, Eq. 5). Only differences count. Pairs of equal targets count nothing.
class RankingLoss : public Loss {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    explicit RankingLoss(const Params&) {}

    /// Rows of weight 0 are in no pair. @return mean over pairs, in nats: log 2 for a prediction that does not tell rows apart
    /// @throws ShapeError unless prediction and target are both [B, R, 1]
    at::Tensor compute(const LossInput& input) const override;
};

}  // namespace maskscope
