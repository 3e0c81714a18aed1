#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides frequencies of images on one side of a circle around the lowest one: those from the radius on (a low-pass: the image keeps its coarse
/// parts), or those inside it (a high-pass), as a draw for each sample decides. Xie et al., Masked Frequency Modeling for Self-Supervised Visual
/// Pre-Training, ICLR 2023, Sec. 3, and its code. Goes with mask.space = "frequency", where the geometry is the plane of frequencies, the lowest at
/// (rows / 2, columns / 2). 1 = hidden.
class FrequencyMask : public MaskStrategy {
public:
    struct Params {
        double radius = 16.0;       // in frequencies, that is periods a side
        double lowPassShare = 0.5;  // of the samples that keep the low frequencies
        static Params read(ParamReader& reader);
    };
    explicit FrequencyMask(const Params& params) : params_(params) {}

    /// @throws ShapeError unless the geometry is a grid of two sides, with frequencies on both sides of the circle
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
