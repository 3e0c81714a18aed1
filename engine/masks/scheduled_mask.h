#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides a different share of every sample: of N real tokens ceil(gamma(r) N), with r drawn uniformly from [0, 1) and gamma the function
/// by which pictures are decoded later, so that training meets every stage of the decoding (Chang et al., MaskGIT, CVPR 2022, Sec. 3.1
/// and 3.3). The tokens are drawn uniformly without replacement. As with every mask here at least one token stays visible, where the paper's
/// count may be N.
///
/// Any kind of geometry; padding is never hidden. 1 = hidden.
class ScheduledMask : public MaskStrategy {
public:
    struct Params {
        std::string schedule = "cosine";
        static Params read(ParamReader& reader);
    };

    explicit ScheduledMask(const Params& params) : params_(params) {}

    /// @throws ShapeError if a sample has fewer than two tokens
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
