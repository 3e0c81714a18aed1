#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides rectangles of random size and aspect until the count is reached: Bao et al., BEiT, ICLR 2022, Algorithm 1, as the
/// official code runs it (area uniform between min_block and what is missing; log-uniform aspect; blocks that would hide too
/// much are drawn again). Where no block fits any more, single tokens beside hidden ones complete the count, which is exact:
/// hiddenCount(ratio, real tokens). Grids of three sides are masked as tubes, the same blocks in every frame. 1 = hidden.
class BlockMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.4;             // share hidden, 0 < ratio < 1
        std::int64_t minBlock = 16;     // tokens; at most the whole count
        double minAspect = 0.3;         // height / width between this and its inverse
        std::int64_t maxAttempts = 10;  // draws of a block before single tokens fill up

        static Params read(ParamReader& reader);
    };

    explicit BlockMask(const Params& params) : params_(params) {}

    /// @throws ShapeError for sets and graphs, and for samples of fewer than two tokens
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
