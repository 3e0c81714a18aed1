#pragma once

#include <string>

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides the tokens that a teacher's class token attends to most (Kakogeorgiou et al., AttMask, ECCV 2022, Sec. 3.2 'AttMask-High'), or least
/// ('AttMask-Low'). With `hints`, some of the most attended stay visible, drawn at random, and as many of the next ones are hidden in their place
/// ('AttMask-Hint'). Reads a signal and shows it as an extra. The count is exact: hiddenCount(ratio, real tokens). 1 = hidden.
class AttentionMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.4;                // share hidden, 0 < ratio < 1
        bool low = false;                  // the least attended ones
        double hints = 0.0;                // share of the tokens to hide that stay visible
        std::string signal = "attention";  // [B, N] float, what is read

        static Params read(ParamReader& reader);
    };

    explicit AttentionMask(const Params& params) : params_(params) {}

    /// @throws UsageError without the signal, ShapeError if it does not fit the tokens
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
