#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "encoders/encoder.h"
#include "layers/unet_block.h"

namespace maskscope {

/// U-Net (Ronneberger et al., MICCAI 2015) as the occlusion model of ADIOS has it (Shi et al., ICML 2022, Sec. 3 and the official code): blocks of
/// convolution, group norm and ReLU with a halving of the sides between them, three linear layers over the whole coarsest map, and blocks on the
/// way back, each of which also sees what the block of its size said on the way down. Its tokens [B, H * W, O] are pixels: O values for each.
class UNet : public Encoder {
public:
    struct Params {
        std::int64_t outputs = 4;  // O
        std::int64_t width = 32;   // channels of the finest maps; twice as many on the coarsest three
        std::int64_t levels = 4;   // sizes of maps
        std::int64_t inner = 128;  // channels of the linear layers
        std::string initialization;
        static Params read(ParamReader& reader);

        std::int64_t downWidth(std::int64_t level) const { return level < levels - 3 ? width : 2 * width; }
        std::int64_t upWidth(std::int64_t level) const { return level >= levels - 2 ? 2 * width : width; }
    };

    /// @throws RecipeError if the coarsest map has no whole size
    UNet(const Params& params, const InputSpec& input);

    /// None: it sees whole images.
    bool honours(const Corruption& corruption) const override { return corruption.kind == CorruptionKind::None; }
    Features forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) override;
    std::int64_t width() const override { return params_.outputs; }
    std::int64_t layerOf(const std::string& parameterName) const override;
    std::int64_t depth() const override { return 2 * params_.levels; }
    const std::string& initialization() const override { return params_.initialization; }

private:
    at::Tensor throughBottleneck(const at::Tensor& coarsest);

    Params params_;
    ImageInput input_;
    std::vector<std::shared_ptr<UNetBlock>> down_, up_;  // both from the finest level to the coarsest
    std::vector<torch::nn::Linear> inner_;
    torch::nn::Conv2d output_ = nullptr;
};

}  // namespace maskscope
