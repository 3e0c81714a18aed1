#include "layers/vq_networks.h"

#include <fmt/format.h>
#include <torch/torch.h>

namespace maskscope {
namespace {

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to) { return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 3).padding(1)); }

}  // namespace

VqMiddle::VqMiddle(std::int64_t width, bool attends) {
    first_ = register_module("block0", std::make_shared<VqResidualBlock>(width, width));
    if (attends) attention_ = register_module("attn", std::make_shared<VqAttentionBlock>(width));
    second_ = register_module("block1", std::make_shared<VqResidualBlock>(width, width));
}

at::Tensor VqMiddle::forward(const at::Tensor& x) {
    const at::Tensor first = first_->forward(x);
    return second_->forward(attention_ ? attention_->forward(first) : first);
}

VqEncoder::VqEncoder(const VqNetworkParams& params) {
    convIn_ = register_module("conv_in", convolution(params.channels, params.width));
    std::int64_t width = params.width;
    for (std::size_t i = 0; i < params.levels(); ++i) {
        levels_.push_back(
            register_module(fmt::format("level{}", i), std::make_shared<VqLevel>(width, params.widthOf(i), params.blocks, params.attends[i])));
        width = params.widthOf(i);
        if (i + 1 < params.levels())
            downs_.push_back(register_module(fmt::format("down{}", i), torch::nn::Conv2d(torch::nn::Conv2dOptions(width, width, 3).stride(2))));
    }
    middle_ = register_module("middle", std::make_shared<VqMiddle>(width, params.middleAttends));
    norm_ = register_module("norm", std::make_shared<VqNorm>(width));
    convOut_ = register_module("conv_out", convolution(width, params.latentWidth));
}

at::Tensor VqEncoder::forward(const at::Tensor& pixels) {
    at::Tensor x = convIn_->forward(pixels);
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        x = levels_[i]->forward(x);
        if (i < downs_.size()) x = downs_[i]->forward(at::constant_pad_nd(x, {0, 1, 0, 1}));  // to the right and below alone
    }
    return convOut_->forward(norm_->forward(middle_->forward(x)));
}

VqDecoder::VqDecoder(const VqNetworkParams& params) {
    std::int64_t width = params.widthOf(params.levels() - 1);
    convIn_ = register_module("conv_in", convolution(params.latentWidth, width));
    middle_ = register_module("middle", std::make_shared<VqMiddle>(width, params.middleAttends));
    for (std::size_t i = params.levels(); i-- > 0;) {
        levels_.push_back(
            register_module(fmt::format("level{}", i), std::make_shared<VqLevel>(width, params.widthOf(i), params.blocks + 1, params.attends[i])));
        width = params.widthOf(i);
        if (i > 0) ups_.push_back(register_module(fmt::format("up{}", i), convolution(width, width)));
    }
    norm_ = register_module("norm", std::make_shared<VqNorm>(width));
    convOut_ = register_module("conv_out", convolution(width, params.channels));
}

at::Tensor VqDecoder::forward(const at::Tensor& latent) {
    at::Tensor x = middle_->forward(convIn_->forward(latent));
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        x = levels_[i]->forward(x);
        if (i < ups_.size()) x = ups_[i]->forward(x.repeat_interleave(2, 2).repeat_interleave(2, 3));
    }
    return convOut_->forward(norm_->forward(x));
}

}  // namespace maskscope
