#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides all but some square blocks, so that what is seen hangs together (Baevski et al., data2vec 2.0, ICML 2023, Sec. 3.2 'Inverse block masking'):
/// blocks are placed at random until at least the visible count is kept, then single ones of them are hidden at random until the count is exact:
/// hiddenCount(ratio, real tokens). Blocks may reach over the border, where they are cut. Grids of three sides are masked as tubes. 1 = hidden.
class InverseBlockMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.8;      // share hidden, 0 < ratio < 1
        std::int64_t block = 3;  // tokens a side

        static Params read(ParamReader& reader);
    };

    explicit InverseBlockMask(const Params& params) : params_(params) {}

    /// @throws ShapeError for sets and graphs, and for samples of fewer than two tokens
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
