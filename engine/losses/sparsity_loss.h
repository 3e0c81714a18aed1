#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Keeps masks that a network draws from hiding everything or nothing (Shi et al., ADIOS, ICML 2022, Sec. 2, "Sparsity penalty"): one over the
/// sine of pi times the share that a mask hides, at least 1, where half is hidden. The prediction holds logits of M masks, which a softmax
/// shares every row out among. The target is not looked at.
class SparsityLoss : public Loss {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    explicit SparsityLoss(const Params&) {}

    bool hasConstantAnswer() const override { return false; }  // there is nothing to predict
    /// @return scalar, the mean over samples and masks
    /// @throws ShapeError unless prediction is [B, R, M]
    at::Tensor compute(const LossInput& input) const override;
};

}  // namespace maskscope
