#pragma once

#include <array>

#include "masks/mask_strategy.h"

namespace maskscope {

/// Several blocks to predict and a context that holds none of them (Assran et al., I-JEPA, CVPR 2023, Sec. 3 'Targets' and 'Context', and
/// Appendix A). Each target is a rectangle of random area and aspect, all targets of a sample of one size; the context is a square block of
/// random area without what lies in targets. A context of fewer than `minContext` tokens is drawn again, and in the end becomes all that lies in no
/// target. Masks, 1 = hidden: "context" hides all but the context, "target0", "target1", ... hide their block alone.
class MultiblockMask : public MaskStrategy {
public:
    struct Params {
        std::int64_t targets = 4;
        std::array<double, 2> targetScale{0.15, 0.2};   // area of a target as a share of the grid
        std::array<double, 2> targetAspect{0.75, 1.5};  // height / width
        std::array<double, 2> contextScale{0.85, 1.0};
        std::int64_t minContext = 4;  // tokens

        static Params read(ParamReader& reader);
    };

    explicit MultiblockMask(const Params& params) : params_(params) {}

    /// @throws ShapeError unless tokens lie on a plane of at least 3 x 3 without padding, or if targets could cover it all
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
