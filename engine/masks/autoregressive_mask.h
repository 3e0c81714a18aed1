#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// The order in which an autoregressive method predicts tokens: row by row (Chen et al., Generative Pretraining from Pixels, ICML 2020, Sec. 3.1, the
/// raster order), as Mask::order [B, N] int64, 0 = first. Every place is predicted from those before it, whatever is hidden. What is hidden is the
/// end of the order: the part that pictures show continued from the rest. Padding comes last and is never hidden. 1 = hidden.
class AutoregressiveMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.5;  // share at the end, 0 < ratio < 1
        static Params read(ParamReader& reader);
    };
    explicit AutoregressiveMask(const Params& params) : params_(params) {}

    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
