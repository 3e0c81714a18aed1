#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>

#include "encoders/encoder.h"
#include "layers/dalle_block.h"

namespace maskscope {

/// The encoder of DALL-E's discrete autoencoder (Ramesh et al., Zero-Shot Text-to-Image Generation, ICML 2021, Sec. 2.1 and its code),
/// whose codes BEiT and FLAVA predict: a 7 x 7 convolution, groups of residual blocks of growing width with a halving of the sides between
/// them, and a linear map to logits over the codes. Its tokens [B, N, V] are those logits, one for each of the recipe's patches: 8 x 8
/// pixels and four groups in the paper.
class DalleEncoder : public Encoder {
public:
    struct Params {
        std::int64_t vocabulary = 8192;  // V
        std::int64_t width = 256;        // channels of the first group; they double from group to group
        std::int64_t blocks = 2;         // residual blocks a group
        std::string initialization;
        static Params read(ParamReader& reader);
    };

    /// @throws RecipeError unless the input's patches are squares whose side is a power of two
    DalleEncoder(const Params& params, const InputSpec& input);

    /// None: it sees whole images.
    bool honours(const Corruption& corruption) const override { return corruption.kind == CorruptionKind::None; }
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    /// @param pixels  [B, C, H, W] of any size from one patch   @return [B, V, H / patch, W / patch], rounded down
    at::Tensor logits(const at::Tensor& pixels);

    std::int64_t width() const override { return params_.vocabulary; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override;
    const std::string& initialization() const override { return params_.initialization; }

private:
    Params params_;
    ImageInput input_;
    std::int64_t groups_ = 0;
    torch::nn::Conv2d input2d_, output2d_;
    std::vector<std::shared_ptr<DalleBlock>> blocks_;  // group by group
};

}  // namespace maskscope
