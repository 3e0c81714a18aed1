#pragma once

#include "losses/loss.h"

namespace maskscope {

/// How far verdicts p stay behind labels t of +1 and -1: the mean of max(0, 1 - t p), the hinge loss of adversarial training (Lim & Ye,
/// Geometric GAN, 2017, Sec. 3; the discriminator's side in Esser et al., Taming Transformers, CVPR 2021). Without `bounded` it is the mean of
/// -t p, the side of whoever is judged: there is no verdict that is good enough.
class HingeLoss : public Loss {
public:
    struct Params {
        bool bounded = true;
        static Params read(ParamReader& reader);
    };

    explicit HingeLoss(const Params& params) : params_(params) {}

    /// @throws ShapeError unless prediction and target are both [B, R, T]
    at::Tensor compute(const LossInput& input) const override;
    at::Tensor ofRows(const LossInput& input) const override;
    /// No: an objective's labels are all alike, and its adversary has no fixed answer.
    bool hasConstantAnswer() const override { return false; }

private:
    Params params_;
};

}  // namespace maskscope
