#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>

#include "encoders/encoder.h"
#include "layers/norm.h"

namespace maskscope {

/// A discriminator that judges overlapping patches of an image (PatchGAN: Isola et al., Image-to-Image Translation with Conditional
/// Adversarial Networks, CVPR 2017, Sec. 3.2.2 and Appendix 6.1.2): `layers` convolutions of 4 x 4 that halve the map, one more, and one
/// to a single verdict a place, with batch norms after all but the first and the last and leaky ReLUs between them.
///
/// Its tokens [B, h * w, 1] are the verdicts, above 0 for what looks real; their grid is not that of the input's patches.
class PatchDiscriminator : public Encoder {
public:
    struct Params {
        std::int64_t width = 64;  // channels of the first convolution; they double from one to the next, up to eight times
        std::int64_t layers = 3;  // convolutions that halve the map
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    /// @throws RecipeError if images are too small for so many layers
    PatchDiscriminator(const Params& params, const InputSpec& input);

    /// None: it sees whole images.
    bool honours(const Corruption& corruption) const override { return corruption.kind == CorruptionKind::None; }
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;

    std::int64_t width() const override { return 1; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return params_.layers; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    Params params_;
    ImageInput input_;
    std::vector<torch::nn::Conv2d> convolutions_;
    std::vector<std::shared_ptr<Norm>> norms_;  // of the second convolution and those after it, but for the last
};

}  // namespace maskscope
