#pragma once

#include "losses/loss.h"

namespace maskscope {

/// Vector quantisation: the mean over rows of what stands at the row's code, with the opposite sign. Where predictions are minus the squared
/// distances between a latent and the entries of a codebook, and codes the nearest ones, that is the squared distance that both sides
/// shorten (van den Oord et al., Neural Discrete Representation Learning, NeurIPS 2017, Eq. 3, last two terms; Esser et al., Taming
/// Transformers, CVPR 2021, Eq. 4). How much of its gradient goes to the latent is the encoder's matter.
class VqLoss : public Loss {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };

    explicit VqLoss(const Params&) {}

    /// @throws ShapeError unless prediction is [B, R, T] and target codes [B, R]
    at::Tensor compute(const LossInput& input) const override;
    at::Tensor ofRows(const LossInput& input) const override;
    bool comparesCodes() const override { return true; }
    /// No: without a look at the sample there are no distances.
    bool hasConstantAnswer() const override { return false; }
};

}  // namespace maskscope
