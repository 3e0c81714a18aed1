#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

namespace maskscope {

/// A 3 x 3 convolution without bias, group norm and ReLU. @see UNet
class UNetBlock : public torch::nn::Module {
public:
    static constexpr std::int64_t kGroups = 8;

    /// @param outputs  a multiple of kGroups
    UNetBlock(std::int64_t inputs, std::int64_t outputs);

    /// @param x  [B, inputs, h, w]   @return [B, outputs, h, w]
    at::Tensor forward(const at::Tensor& x);

private:
    torch::nn::Conv2d convolution_;
    torch::nn::GroupNorm norm_;
};

}  // namespace maskscope
