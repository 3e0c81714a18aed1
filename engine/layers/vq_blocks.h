#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include "layers/attention.h"

namespace maskscope {

/// The parts that the networks of VQGAN are made of (Esser et al., Taming Transformers, CVPR 2021, Appendix A). All take and give maps
/// [B, D, H, W]; widths are multiples of the groups of their norms, of which the paper has 32.
inline constexpr std::int64_t kVqGroups = 32;

/// x * sigmoid(x) after a norm over groups of channels.
class VqNorm : public torch::nn::Module {
public:
    /// @throws RecipeError if the groups do not divide the width
    explicit VqNorm(std::int64_t width, std::int64_t groups = kVqGroups);
    /// @param activates  false: the norm alone
    at::Tensor forward(const at::Tensor& x, bool activates = true);

private:
    torch::nn::GroupNorm norm_;
};

/// Two 3 x 3 convolutions beside a shortcut, which is a 1 x 1 convolution where the width changes.
class VqResidualBlock : public torch::nn::Module {
public:
    VqResidualBlock(std::int64_t width, std::int64_t outputWidth, std::int64_t groups = kVqGroups);
    at::Tensor forward(const at::Tensor& x);

private:
    std::shared_ptr<VqNorm> norm1_, norm2_;
    torch::nn::Conv2d conv1_ = nullptr, conv2_ = nullptr, shortcut_ = nullptr;
};

/// Attention with one head among all places of the map.
class VqAttentionBlock : public torch::nn::Module {
public:
    explicit VqAttentionBlock(std::int64_t width, std::int64_t groups = kVqGroups);
    at::Tensor forward(const at::Tensor& x);

private:
    std::shared_ptr<VqNorm> norm_;
    std::shared_ptr<Attention> attention_;
};

/// Residual blocks, each with attention after it or not.
class VqLevel : public torch::nn::Module {
public:
    VqLevel(std::int64_t width, std::int64_t outputWidth, std::int64_t blocks, bool attends, std::int64_t groups = kVqGroups);
    at::Tensor forward(const at::Tensor& x);

private:
    std::vector<std::shared_ptr<VqResidualBlock>> blocks_;
    std::vector<std::shared_ptr<VqAttentionBlock>> attentions_;
};

}  // namespace maskscope
