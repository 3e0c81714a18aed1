#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

namespace maskscope {

/// The residual block of DALL-E's discrete autoencoder (Ramesh et al., ICML 2021, Appendix A.1, and its code): the map, or a linear map
/// of it where the width changes, plus a share of what four convolutions with a ReLU before each say about it. Parameters: skip,
/// conv1..4.
class DalleBlock : public torch::nn::Module {
public:
    using Kernels = std::array<std::int64_t, 4>;
    static constexpr Kernels kEncoder{3, 3, 3, 1}, kDecoder{1, 3, 3, 3};

    /// @param share  factor of the convolutions; the code has 1 / (all blocks)^2
    DalleBlock(std::int64_t from, std::int64_t to, double share, const Kernels& kernels);
    /// @param x  [B, from, h, w]   @return [B, to, h, w]
    at::Tensor forward(const at::Tensor& x);

private:
    double share_;
    torch::nn::Conv2d skip_;  // empty: the identity
    std::vector<torch::nn::Conv2d> path_;
};

/// How often the sides of a code's cell are halved. @param who  "encoder 'dalle'", for the message
/// @throws RecipeError unless the patch is a square whose side is a power of two above 1
std::int64_t dalleHalvings(std::int64_t patchHeight, std::int64_t patchWidth, const char* who);

}  // namespace maskscope
