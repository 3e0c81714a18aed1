#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>

#include "encoders/encoder.h"
#include "layers/convnext_block.h"
#include "layers/norm.h"

namespace maskscope {

/// ConvNeXt V2 (Woo et al., CVPR 2023). Hidden patches are dropped as its masked autoencoder does (Sec. 3.1): no convolution reads or
/// writes them, here by zeros between all layers instead of a sparse library; or they become zero or a mask token after the stem.
/// The recipe's patch is what one place of the last map stands for; the stem's own is `stem_patch`.
///
/// Layers that Features holds are those of the last stage, whose places are the features' tokens.
class ConvNextV2 : public Encoder {
public:
    struct Params {
        std::int64_t stemPatch = 4;  // pixels
        bool downsFirst = false;     // the first stage too begins by halving the map
        std::vector<std::int64_t> depths, widths, kernels;
        ConvNextBlockParams block;  // of all stages; their kernels are in `kernels`
        double dropPath = 0.0;
        std::string initialization = "normal";
        static Params read(ParamReader& reader);

        std::size_t stages() const { return depths.size(); }
        std::int64_t totalStride() const { return stemPatch << (stages() - (downsFirst ? 0 : 1)); }
    };

    ConvNextV2(const Params& params, const InputSpec& input);

    bool honours(const Corruption& corruption) const override;
    void prepare(const Corruption& corruption) override;
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.widths.back(); }
    std::vector<std::int64_t> mapWidths() const override { return params_.widths; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override;
    const std::string& initialization() const override { return params_.initialization; }

    /// The maps after the stem and after every stage, for images of any size of at least one stem patch.
    /// @param pixels   [B, C, H, W]
    /// @return         1 + stages tensors [B, h, w, D of the stage]
    std::vector<at::Tensor> maps(const at::Tensor& pixels);

private:
    struct Stage {
        std::shared_ptr<Norm> norm;        // before going down; none: the stage does not
        torch::nn::Conv2d down = nullptr;  // likewise
        std::vector<std::shared_ptr<ConvNextBlock>> blocks;
    };
    void addStage(std::size_t stage);
    at::Tensor stem(const at::Tensor& pixels);
    at::Tensor goDown(Stage& stage, const at::Tensor& x);

    Params params_;
    ImageInput input_;
    torch::nn::Conv2d stem_ = nullptr;
    std::shared_ptr<Norm> stemNorm_;
    std::vector<Stage> stages_;
    at::Tensor maskToken_;  // [D of the first stage]
};

}  // namespace maskscope
