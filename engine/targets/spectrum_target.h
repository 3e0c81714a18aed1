#pragma once

#include "targets/target.h"

namespace maskscope {

/// The spectrum of the image, a row a frequency in the place of tokens, see tensor/frequencies.h (Xie et al., Masked Frequency Modeling for
/// Self-Supervised Visual Pre-Training, ICLR 2023, Sec. 3).
class SpectrumTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    SpectrumTarget(const Params&, const TargetContext& context) : input_(context.input.image("target 'spectrum'")) {}

    /// 2 C: the real and the imaginary part of each channel.
    std::int64_t width() const override { return 2 * input_.channels; }
    bool hasPixels() const override { return true; }
    at::Tensor compute(const TargetSources& sources) const override;
    /// The image with its visible frequencies and what is predicted for the hidden ones.
    /// @param prediction  [B, H * W, 2 C]   @param hidden [B, H * W]
    std::optional<at::Tensor> toUnitPixels(const at::Tensor& prediction, const View& view, const at::Tensor& hidden,
                                           PatchStatistics statistics) const override;

private:
    ImageInput input_;
};

}  // namespace maskscope
