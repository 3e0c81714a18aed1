#pragma once

#include "core/param_reader.h"
#include "losses/loss.h"

namespace maskscope {

/// Vector quantisation: the mean over rows of what stands at the row's code, with the opposite sign. Where predictions are minus the squared
/// distances between a latent and the entries of a codebook, and codes the nearest ones, that is the squared distance that both sides
/// shorten (van den Oord et al., Neural Discrete Representation Learning, NeurIPS 2017, Eq. 3, last two terms; Esser et al., Taming
/// Transformers, CVPR 2021, Eq. 4). How much of its gradient goes to the latent is the encoder's matter.
///
/// An entry that no row chooses gets no gradient from that and stays where it is for good. With `floor` the entries that are chosen least often in
/// a batch are drawn to the rows that lie farthest from theirs, one each, until they have their part: as k-means moves empty clusters to the
/// farthest points, and as Jukebox (Dhariwal et al., 2020, "random restarts") and Online Clustered Codebook (Zheng & Vedaldi, ICCV 2023) set
/// dead entries on latents of the batch; as a loss it needs neither counts from step to step nor chance.
class VqLoss : public Loss {
public:
    struct Params {
        double floor = 0.0;  // of the even share 1 / T
        static Params read(ParamReader& reader);
    };

    explicit VqLoss(const Params& params) : params_(params) {}

    /// @return weighted mean over rows, and with a floor the mean over entries of the squared way that each neglected one is drawn
    /// @throws ShapeError unless prediction is [B, R, T] and target codes [B, R]
    at::Tensor compute(const LossInput& input) const override;
    at::Tensor ofRows(const LossInput& input) const override;
    bool comparesCodes() const override { return true; }
    /// With a floor: how often an entry is chosen is a matter of the whole batch.
    bool acrossBatch() const override { return params_.floor > 0.0; }
    /// No: without a look at the sample there are no distances.
    bool hasConstantAnswer() const override { return false; }

private:
    at::Tensor wayToNeglected(const LossInput& input) const;

    Params params_;
};

}  // namespace maskscope
