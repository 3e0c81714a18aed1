#pragma once

#include "masks/mask_strategy.h"

namespace maskscope {

/// Keeps a regular pattern visible: He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022, Fig. 6,
/// 'grid-wise sampling' (ratio 0.75 keeps one of every 2 x 2 tokens). For other ratios the regular pattern nearest in count is
/// taken - one token a square cell, or two at its corner and centre (ratio 0.5: a chequerboard) - and trimmed or filled evenly, so
/// that the count is exact: hiddenCount(ratio, real tokens). Below ratio 0.5 the hidden tokens form the pattern. Sequences take
/// every s-th token; grids of three sides repeat the pattern in every frame. 1 = hidden.
class GridMask : public MaskStrategy {
public:
    struct Params {
        double ratio = 0.75;        // share hidden, 0 < ratio < 1
        bool randomOffset = false;  // shift of the pattern drawn for every sample; otherwise it starts at the first token

        static Params read(ParamReader& reader);
    };

    explicit GridMask(const Params& params) : params_(params) {}

    /// @throws ShapeError for sets and graphs, and for samples of fewer than two tokens
    std::vector<Mask> sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const override;

private:
    Params params_;
};

}  // namespace maskscope
