#pragma once

#include "losses/loss.h"

namespace maskscope {

/// How far a predicted distribution is from a given one: sum over T of p (log p - log q), in nats, with p = softmax(prediction) and
/// q = target; over rows the weighted mean. With even q it is log T less the entropy of p (Ramesh et al., ICML 2021, Eq. 1).
///
/// Over the batch, p and q are the weighted means over all its rows: with even q, every code should be used as often as any other,
/// however sure each row is (Yu et al., Language Model Beats Diffusion: Tokenizer Is Key to Visual Generation, ICLR 2024, Eq. 5).
class KlLoss : public Loss {
public:
    struct Params {
        bool overBatch = false;
        static Params read(ParamReader& reader);
    };
    explicit KlLoss(const Params& params) : params_(params) {}

    bool acrossBatch() const override { return params_.overBatch; }
    /// @throws ShapeError unless prediction and target are [B, R, T]
    at::Tensor compute(const LossInput& input) const override;

private:
    Params params_;
};

}  // namespace maskscope
