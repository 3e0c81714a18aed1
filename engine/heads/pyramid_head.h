#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>

#include "heads/head.h"
#include "layers/norm.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// SparK's decoder (Tian et al., ICLR 2023, Sec. 3.2, and its code): every map of a hierarchical encoder is normed over its visible
/// places, gets a mask token of its own where places were left out, and is brought to the decoder's width by a convolution; then,
/// from the coarsest map on, blocks that double the sides add up what they have and the next finer map, down to pixels.
///
/// Widths halve from block to block. Of the maps, those are read that a block begins at; the target must be pixels.
class PyramidHead : public Head {
public:
    struct Params {
        std::int64_t width = 768;    // at the coarsest map
        std::string norm = "layer";  // of the maps: layer (SparK with ConvNeXt) | batch (with ResNet)
        static Params read(ParamReader& reader);
    };
    /// @throws RecipeError if the encoder has no maps, the target is not the pixels of a patch, or sides and widths cannot be halved
    PyramidHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return true; }

private:
    /// A map of the encoder on its way into the decoder.
    struct Entrance {
        std::shared_ptr<Norm> norm;
        at::Tensor maskToken;                    // [D of the map]
        torch::nn::Conv2d projection = nullptr;  // empty: the widths are the same
    };
    /// Twice the sides, half the width.
    struct Block {
        torch::nn::ConvTranspose2d up = nullptr;
        torch::nn::Conv2d conv1 = nullptr, conv2 = nullptr;
        std::shared_ptr<Norm> norm1, norm2;
    };
    void addEntrance(std::int64_t level, std::int64_t mapWidth, std::int64_t width, const std::string& norm);
    void addBlock(std::int64_t level, std::int64_t width);
    at::Tensor enter(Entrance& entrance, const at::Tensor& map, const at::Tensor& visible);
    static at::Tensor grow(Block& block, const at::Tensor& x);

    ImageInput input_;
    std::vector<Entrance> entrances_;  // the coarsest map first
    std::vector<Block> blocks_;        // likewise
    torch::nn::Conv2d predict_ = nullptr;
};

}  // namespace maskscope
