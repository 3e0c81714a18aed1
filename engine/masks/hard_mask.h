#pragma once

#include <string>

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides what is expected to be hard, more of it as training goes on (Wang et al., HPM, CVPR 2023, Sec. 3.4 'Easy-to-hard mask generation'): of the
/// tokens to hide, the share start + (end - start) * progress are those of the highest predicted loss, the rest is drawn at random from the others.
/// Reads a signal and shows it as an extra. The count is exact: hiddenCount(ratio, real tokens). 1 = hidden.
class HardMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.75;                // share hidden, 0 < ratio < 1
        double start = 0.0, end = 0.5;      // hard share of what is hidden, at the first and the last step
        std::string signal = "difficulty";  // [B, N] float, what is read

        static Params read(ParamReader& reader);
    };

    explicit HardMask(const Params& params) : params_(params) {}

    /// @throws UsageError without the signal, ShapeError if it does not fit the tokens
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
