#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/param_reader.h"
#include "layers/vq_blocks.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// The shape of VQGAN's two networks (Esser et al., CVPR 2021, Appendix A).
struct VqNetworkParams {
    std::int64_t channels = 3;              // of images
    std::int64_t width = 128;               // of the finest level
    std::vector<std::int64_t> multipliers;  // of the width, a level, the finest first; every level after the first halves the map
    std::int64_t blocks = 2;                // residual blocks a level (the decoder has one more)
    std::vector<bool> attends;              // a level: attention after each of its blocks
    bool middleAttends = true;
    std::int64_t latentWidth = 256;
    std::int64_t groups = kVqGroups;  // of channels, in every norm; they divide all widths

    /// All but the channels, which the input gives.
    static VqNetworkParams read(ParamReader& reader);
    /// The same for images whose patches are what a place of the coarsest level covers.
    /// @param who  "encoder 'vqgan'", for the message   @throws RecipeError if the levels do not fit the input's patches
    VqNetworkParams forInput(const ImageInput& input, const char* who) const;

    std::size_t levels() const { return multipliers.size(); }
    std::int64_t widthOf(std::size_t level) const { return width * multipliers[level]; }
};

/// Two residual blocks with attention between them, at the coarsest level.
class VqMiddle : public torch::nn::Module {
public:
    VqMiddle(std::int64_t width, bool attends, std::int64_t groups = kVqGroups);
    at::Tensor forward(const at::Tensor& x);

private:
    std::shared_ptr<VqResidualBlock> first_, second_;
    std::shared_ptr<VqAttentionBlock> attention_;
};

/// Images to latent maps. Parameters: conv_in, level{i}, down{i}, middle, norm, conv_out.
class VqEncoder : public torch::nn::Module {
public:
    explicit VqEncoder(const VqNetworkParams& params);
    /// @param pixels  [B, C, H, W]   @return [B, latent width, h, w], sides halved (rounded down) levels - 1 times
    at::Tensor forward(const at::Tensor& pixels);

private:
    torch::nn::Conv2d convIn_ = nullptr, convOut_ = nullptr;
    std::vector<std::shared_ptr<VqLevel>> levels_;
    std::vector<torch::nn::Conv2d> downs_;
    std::shared_ptr<VqMiddle> middle_;
    std::shared_ptr<VqNorm> norm_;
};

/// Latent maps to images. Parameters as the encoder's, with up{i} for down{i}; level{i} has the encoder's number.
class VqDecoder : public torch::nn::Module {
public:
    explicit VqDecoder(const VqNetworkParams& params);
    /// @param latent  [B, latent width, h, w]   @return [B, C, H, W]
    at::Tensor forward(const at::Tensor& latent);

private:
    torch::nn::Conv2d convIn_ = nullptr, convOut_ = nullptr;
    std::vector<std::shared_ptr<VqLevel>> levels_;  // the coarsest first
    std::vector<torch::nn::Conv2d> ups_;            // likewise
    std::shared_ptr<VqMiddle> middle_;
    std::shared_ptr<VqNorm> norm_;
};

}  // namespace maskscope
