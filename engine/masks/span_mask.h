#pragma once

#include <vector>

#include "masks/mask_strategy.h"

namespace maskscope {

/// Hides runs of neighbouring words (Geometry::groups; of tokens where there are no words): a length from a geometric
/// distribution, a start that is uniform among the words still visible, until the count is reached, exactly: hiddenCount(ratio,
/// real tokens of the sample). The last run is cut short where it would exceed the count; words that are hidden already are
/// passed over without counting. Joshi et al., SpanBERT, TACL 2020, Sec. 3.1.
///
/// Sequences, grids of one side, sets; padding is never hidden. 1 = hidden.
class SpanMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.15;         // share hidden, 0 < ratio < 1
        double stop = 0.2;           // chance that a span ends after each word (p of the geometric distribution)
        std::int64_t minLength = 1;  // words
        std::int64_t maxLength = 10;
        bool wholeWords = true;  // lengths and starts count words, not tokens

        static Params read(ParamReader& reader);
    };

    explicit SpanMask(const Params& params) : params_(params) {}

    /// @throws ShapeError if a sample has fewer than two tokens to hide, or the grid has two sides or more
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

    /// Chances of the lengths minLength .. maxLength: proportional to (1 - stop)^(length - 1).
    static std::vector<double> lengthChances(const Params& params);

private:
    Params params_;
};

}  // namespace maskscope
