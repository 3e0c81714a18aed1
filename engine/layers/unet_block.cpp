#include "layers/unet_block.h"

#include <torch/torch.h>

namespace maskscope {

UNetBlock::UNetBlock(std::int64_t inputs, std::int64_t outputs)
    : convolution_(torch::nn::Conv2dOptions(inputs, outputs, 3).padding(1).bias(false)), norm_(torch::nn::GroupNormOptions(kGroups, outputs)) {
    register_module("convolution", convolution_);
    register_module("norm", norm_);
}

at::Tensor UNetBlock::forward(const at::Tensor& x) { return at::relu(norm_->forward(convolution_->forward(x))); }

}  // namespace maskscope
