#pragma once

#include "masks/random_mask.h"

namespace maskscope {

/// Mixes samples in pairs (Liu et al., MixMAE, CVPR 2023, Sec. 3.1): hidden places of a sample show its partner, which is the sample half a batch
/// away. Places are drawn as RandomMask does, for every sample (the authors' code shares one draw among a batch). Two masks come of it:
/// "hidden" with the partners as `source`, and "partner", its complement, which says what the mixture hides of the partner (extra "owner": whose
/// tokens the visible places show).
/// A sample that is alone is its own partner.
class MixtureMask : public MaskStrategy {
public:
    struct Params {
        RandomMask::Params random;
        static Params read(ParamReader& reader);
    };

    explicit MixtureMask(const Params& params) : random_(params.random) {}

    /// @throws ShapeError as RandomMask
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    RandomMask random_;
};

}  // namespace maskscope
