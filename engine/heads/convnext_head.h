#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "heads/head.h"
#include "layers/convnext_block.h"

namespace maskscope {

/// The decoder of ConvNeXt V2's masked autoencoder (Woo et al., CVPR 2023, Sec. 3.1, "Decoder design"): a linear map, a mask token
/// wherever the encoder left a place out, ConvNeXt blocks over the whole grid, and a linear map to the targets.
class ConvNextHead : public Head {
public:
    struct Params {
        std::int64_t width = 512;
        std::int64_t depth = 1;
        ConvNextBlockParams block;
        static Params read(ParamReader& reader);
    };
    ConvNextHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return true; }

private:
    std::int64_t rows_, columns_;  // of the grid of tokens
    torch::nn::Linear embed_ = nullptr, predict_ = nullptr;
    std::vector<std::shared_ptr<ConvNextBlock>> blocks_;
    at::Tensor maskToken_;  // [width]
};

}  // namespace maskscope
