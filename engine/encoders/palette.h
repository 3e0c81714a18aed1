#pragma once

#include <memory>
#include <string>

#include "encoders/encoder.h"

namespace maskscope {

/// A palette of colours as tokenizer: the code of a patch is the number of its nearest colour (Chen et al., Generative Pretraining from Pixels, ICML
/// 2020, Sec. 3.4: 512 clusters of RGB values found by k-means, patches of one pixel). Its tokens [B, N, V] are logits, minus the squared distance
/// to each colour over a temperature: what a mixture of Gaussians of that variance says. Features::vocabulary holds the colours [V, patch values] in
/// the units of the view's pixels; trained through head 'codebook' with a squared error, they are the centres of k-means.
class Palette : public Encoder {
public:
    struct Params {
        std::int64_t colors = 512;  // V
        double temperature = 0.02;
        std::string initialization = "normal";
        static Params read(ParamReader& reader);
    };
    Palette(const Params& params, const InputSpec& input);

    /// None: it sees whole images.
    bool honours(const Corruption& corruption) const override { return corruption.kind == CorruptionKind::None; }
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;

    std::int64_t width() const override { return params_.colors; }
    std::int64_t layerOf(const std::string&) const override { return 0; }
    std::int64_t depth() const override { return 0; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    Params params_;
    ImageInput input_;
    at::Tensor table_;  // [V, patch values], in units of kUnit
};

}  // namespace maskscope
