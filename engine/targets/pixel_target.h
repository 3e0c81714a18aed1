#pragma once

#include "targets/target.h"

namespace maskscope {

/// The pixels of each patch, in the order (row, column, channel) and with the input statistics applied. With `normalize`,
/// each patch is brought to zero mean and unit (unbiased) variance over all its values:
/// (x - mean) / sqrt(var + epsilon). He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022, Sec. 3,
/// 'Reconstruction target', and the official code.
class PixelTarget : public Target {
public:
    struct Params {
        bool normalize = false;
        double epsilon = 1e-6;

        static Params read(ParamReader& reader);
    };

    /// @throws RecipeError if patches of a single value are to be normalised
    PixelTarget(const Params& params, const TargetContext& context);

    bool hasPixels() const override { return true; }
    /// Values in a patch.
    std::int64_t width() const override { return input_.patchValues(); }
    /// @return [B, N, patchValues] float, no gradient
    at::Tensor compute(const TargetSources& sources) const override;

    /// Without `normalize` the input statistics are undone. With it, the mean and the deviation of each patch come first:
    ///  - PatchStatistics::True: of the patch itself;
    ///  - PatchStatistics::Visible: of the patch itself where it is visible. A hidden patch gets the mean of the visible patches'
    ///    means, weighted by 1 / distance^kDistancePower (distance on the token grid; Shepard 1968), and the plain mean of
    ///    the visible patches' deviations. No hidden pixel is read, be it NaN.
    /// @return [B, N, patchValues] in [-1, 1] pixel units, unclamped
    /// @throws ShapeError if prediction, view and hidden do not belong together
    std::optional<at::Tensor> toUnitPixels(const at::Tensor& prediction, const View& view, const at::Tensor& hidden,
                                           PatchStatistics statistics) const override;

    bool usesPatchStatistics() const override { return params_.normalize; }

    static constexpr int kDistancePower = 3;  // of 1 to 8 the least error of hidden means on CIFAR-10 (ratio 0.75)

private:
    struct Statistics {
        at::Tensor mean, deviation;  // [B, N, 1]
    };
    Statistics statisticsOf(const at::Tensor& patches) const;
    Statistics visibleStatistics(const at::Tensor& patches, const at::Tensor& hidden) const;

    Params params_;
    ImageInput input_;
};

}  // namespace maskscope
