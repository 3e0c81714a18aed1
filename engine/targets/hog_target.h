#pragma once

#include "targets/target.h"

namespace maskscope {

/// Histograms of oriented gradients (Dalal & Triggs, CVPR 2005), as MaskFeat predicts them (Wei et al., CVPR 2022, Sec. 3.3 'HOG' and the
/// official code): gradients of each channel by 3 x 3 Sobel filters, the border reflected; the magnitude of each pixel goes to the bin of its
/// unsigned orientation, floor(atan2(gx, gy) / pi * bins) mod bins; sums over cells of `cell` x `cell` pixels, weighted by a Gaussian over
/// windows of `window` pixels if asked; then a cell's bins of one channel are divided by their l2 norm. Channels stay apart. A patch is described by
/// its cells, row by row; a cell by channels, then bins.
class HogTarget : public Target {
public:
    struct Params {
        std::int64_t bins = 9;
        std::int64_t cell = 8;    // pixels a side; divides the patch
        std::int64_t window = 0;  // pixels a side, of the Gaussian with a deviation of half of it; 0: all pixels weigh the same

        static Params read(ParamReader& reader);
    };

    /// @throws RecipeError if the cell does not divide the patch, the window not the image, or patches overlap
    HogTarget(const Params& params, const TargetContext& context);

    /// cells of a patch * channels * bins.
    std::int64_t width() const override;
    /// @return [B, N, T] float, 0..1, no gradient
    at::Tensor compute(const TargetSources& sources) const override;
    /// Each cell as a star of strokes along the edges that it holds, one a bin, as bright as the bin is high; channels as red, green and blue.
    TargetPictures depict(const at::Tensor& target, const at::Tensor& prediction, const Geometry& geometry) const override;

private:
    at::Tensor glyphs(const at::Tensor& values) const;

    Params params_;
    ImageInput input_;
};

}  // namespace maskscope
