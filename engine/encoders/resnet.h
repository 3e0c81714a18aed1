#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>

#include "encoders/encoder.h"
#include "layers/norm.h"
#include "layers/resnet_block.h"

namespace maskscope {

/// ResNet (He et al., CVPR 2016). Hidden patches are left out as SparK does (Tian et al., ICLR 2023, Sec. 3.1): pixels are zero there,
/// and after every convolution and pooling they are zero again; batch norms count visible places alone. Or pixels are zero there and
/// convolutions go on as if nothing had happened ("zero" at the input), which wears the mask away layer by layer (Fig. 2 there).
/// The recipe's patch is what one place of the last map stands for.
///
/// Layers that Features holds are those of the last stage, whose places are the features' tokens.
class ResNet : public Encoder {
public:
    struct Params {
        std::vector<std::int64_t> depths;
        std::int64_t width = 64;  // of the stem and of the inner convolutions of the first stage; it doubles with every stage
        bool bottleneck = true;
        std::int64_t stemKernel = 7, stemStride = 2;
        bool stemPools = true;
        double normEps = 1e-5, dropPath = 0.0;
        std::string initialization = "xavier";
        static Params read(ParamReader& reader);

        std::size_t stages() const { return depths.size(); }
        std::int64_t widthOf(std::size_t stage) const { return (bottleneck ? 4 : 1) * (width << stage); }
        /// Pixels that a place of the last map covers along one side.
        std::int64_t totalStride() const { return (stemPools ? 2 : 1) * stemStride << (stages() - 1); }
    };

    ResNet(const Params& params, const InputSpec& input);

    bool honours(const Corruption& corruption) const override;
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.widthOf(params_.stages() - 1); }
    std::vector<std::int64_t> mapWidths() const override;
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override;
    const std::string& initialization() const override { return params_.initialization; }

    /// The maps after every stage, for images of any size whose sides the total stride divides.
    /// @param pixels   [B, C, H, W]
    /// @param visible  [B, H, W, 1] float, 0 = hidden; undefined: all is visible
    /// @return         a tensor a stage, [B, h, w, D of the stage]
    std::vector<at::Tensor> maps(const at::Tensor& pixels, const at::Tensor& visible);

private:
    using Stage = std::vector<std::shared_ptr<ResNetBlock>>;
    at::Tensor stem(const at::Tensor& pixels, const at::Tensor& visible);
    std::vector<at::Tensor> run(const at::Tensor& pixels, at::Tensor visible, const Taps& taps, Features& features);

    Params params_;
    ImageInput input_;
    torch::nn::Conv2d stem_ = nullptr;
    std::shared_ptr<Norm> stemNorm_;
    std::vector<Stage> stages_;
};

}  // namespace maskscope
