#pragma once

#include <cstdint>

#include "losses/loss.h"

namespace maskscope {

/// Cross-entropy between how a whole image and hidden views of it are shared out among prototypes (Assran et al., Masked Siamese Networks,
/// ECCV 2022, Sec. 3, Eq. 1). Predictions and targets are cosines with P prototypes; rows of a prediction are views. Targets are
/// sharpened and evened out over the batch (Sinkhorn), and the mean of all predictions is kept near a prior over prototypes: the
/// uniform one, or a power law (Assran et al., The Hidden Uniform Cluster Prior, ICLR 2023, Sec. 4).
class MsnLoss : public Loss {
public:
    struct Params {
        double temperature = 0.1;   // cosines are divided by it
        double sharpening = 0.25;   // target probabilities are raised to 1 / sharpening
        std::int64_t sinkhorn = 3;  // rounds; 0: targets are not evened out
        double priorWeight = 1.0;   // 0: no prior
        bool powerLaw = false;
        double exponent = 0.25;  // of the power law
        static Params read(ParamReader& reader);
    };
    explicit MsnLoss(const Params& params) : params_(params) {}

    bool acrossBatch() const override { return true; }
    /// @return weighted mean over rows plus the prior's part, in nats
    /// @throws ShapeError unless prediction is [B, R, P] and target [B, R, P] or [B, 1, P]
    at::Tensor compute(const LossInput& input) const override;
    bool hasConstantAnswer() const override { return true; }
    /// The mean share of each prototype.
    at::Tensor targetMean(const LossInput& input) const override;
    at::Tensor constantAnswer(const at::Tensor& mean) const override;

private:
    at::Tensor targetShares(const at::Tensor& cosines) const;
    at::Tensor priorTerm(const at::Tensor& shares) const;

    Params params_;
};

/// Evens out a table of shares: rows and columns are divided by their sums in turn, columns first, until each column has the same sum and
/// each row the sum 1 (Cuturi, Sinkhorn Distances, NeurIPS 2013). Without gradients.
/// @param shares  [R, P], not negative  @return [R, P]
at::Tensor sinkhornShares(const at::Tensor& shares, std::int64_t rounds);

}  // namespace maskscope
