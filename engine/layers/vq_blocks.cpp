#include "layers/vq_blocks.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr double kNormEps = 1e-6;

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t side) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, side).padding(side / 2));
}

}  // namespace

VqNorm::VqNorm(std::int64_t width, std::int64_t groups) : norm_(nullptr) {
    if (width % groups != 0)
        throw RecipeError(fmt::format("a width of {} in a VQGAN network, whose norms have {} groups; choose a multiple of that", width, groups));
    norm_ = register_module("norm", torch::nn::GroupNorm(torch::nn::GroupNormOptions(groups, width).eps(kNormEps)));
}

at::Tensor VqNorm::forward(const at::Tensor& x, bool activates) {
    const at::Tensor normed = norm_->forward(x);
    return activates ? normed * normed.sigmoid() : normed;
}

VqResidualBlock::VqResidualBlock(std::int64_t width, std::int64_t outputWidth, std::int64_t groups) {
    norm1_ = register_module("norm1", std::make_shared<VqNorm>(width, groups));
    conv1_ = register_module("conv1", convolution(width, outputWidth, 3));
    norm2_ = register_module("norm2", std::make_shared<VqNorm>(outputWidth, groups));
    conv2_ = register_module("conv2", convolution(outputWidth, outputWidth, 3));
    if (width != outputWidth) shortcut_ = register_module("shortcut", convolution(width, outputWidth, 1));
}

at::Tensor VqResidualBlock::forward(const at::Tensor& x) {
    const at::Tensor branch = conv2_->forward(norm2_->forward(conv1_->forward(norm1_->forward(x))));
    return (shortcut_.is_empty() ? x : shortcut_->forward(x)) + branch;
}

VqAttentionBlock::VqAttentionBlock(std::int64_t width, std::int64_t groups) {
    norm_ = register_module("norm", std::make_shared<VqNorm>(width, groups));
    attention_ = register_module("attn", std::make_shared<Attention>(AttentionParams{.width = width, .heads = 1}));
}

at::Tensor VqAttentionBlock::forward(const at::Tensor& x) {
    const at::Tensor tokens = norm_->forward(x, false).flatten(2).transpose(1, 2);
    return x + attention_->forward(tokens, {}, nullptr).transpose(1, 2).reshape(x.sizes());
}

VqLevel::VqLevel(std::int64_t width, std::int64_t outputWidth, std::int64_t blocks, bool attends, std::int64_t groups) {
    for (std::int64_t i = 0; i < blocks; ++i) {
        blocks_.push_back(
            register_module(fmt::format("block{}", i), std::make_shared<VqResidualBlock>(i == 0 ? width : outputWidth, outputWidth, groups)));
        if (attends) attentions_.push_back(register_module(fmt::format("attn{}", i), std::make_shared<VqAttentionBlock>(outputWidth, groups)));
    }
}

at::Tensor VqLevel::forward(const at::Tensor& x) {
    at::Tensor result = x;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        result = blocks_[i]->forward(result);
        if (!attentions_.empty()) result = attentions_[i]->forward(result);
    }
    return result;
}

}  // namespace maskscope
