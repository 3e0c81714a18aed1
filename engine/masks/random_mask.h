#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides tokens drawn uniformly without replacement; the count is exact: hiddenCount(ratio, real tokens of the sample).
/// He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022, Sec. 3. With `unit` u > 1, whole units of u x u
/// tokens are hidden and the count is exact in units: Xie et al., SimMIM, CVPR 2022, Sec. 3.2 (32-pixel units over 4-pixel
/// patches: u = 8). Units span the last two sides of a grid; frames of a grid of three sides are masked independently.
///
/// With `whole_words`, the tokens of a word (Geometry::groups) are hidden together: words come in random order, and one that
/// would exceed hiddenCount is passed over (whole-word masking of BERT's code; Cui et al., TASLP 2021, Sec. III-A). So the count
/// is exact or, where no word left is small enough, less; at least one word is hidden. A sample of one word is masked token by token.
///
/// Any kind of geometry for u = 1, grids and sequences otherwise; padding is never hidden. 1 = hidden.
class RandomMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.75;    // share hidden, 0 < ratio < 1
        std::int64_t unit = 1;  // tokens a side
        bool wholeWords = false;

        static Params read(ParamReader& reader);
    };

    explicit RandomMask(const Params& params) : params_(params) {}

    /// @throws ShapeError if `unit` does not divide the grid, a sample has fewer than two units, or whole words are asked of
    ///         tokens that have none
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
