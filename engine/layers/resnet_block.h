#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include "layers/norm.h"

namespace maskscope {

struct ResNetBlockParams {
    bool bottleneck = true;   // 1 x 1, 3 x 3, 1 x 1 of four times the width; false: 3 x 3, 3 x 3
    std::int64_t inputs = 0;  // channels that come in
    std::int64_t width = 0;   // of the inner convolutions
    std::int64_t stride = 1;  // of the first convolution of 3 x 3
    double normEps = 1e-5, dropPath = 0.0;

    std::int64_t outputs() const { return bottleneck ? 4 * width : width; }
};

/// A residual block (He et al., CVPR 2016, Fig. 5): convolutions with batch norms, beside a shortcut that is a 1 x 1 convolution where
/// shapes change. The stride is that of the 3 x 3 convolution, as in torchvision and timm. Parameters: conv1, norm1, ..., shortcut,
/// shortcut_norm.
class ResNetBlock : public torch::nn::Module {
public:
    explicit ResNetBlock(const ResNetBlockParams& params);

    /// @param x        [B, h, w, inputs]
    /// @param visible  [B, h, w, 1] float, 0 = hidden: every norm counts visible places alone and puts zeros elsewhere, so that nothing
    ///                 spreads over hidden places (Tian et al., SparK, ICLR 2023, Sec. 3.1); undefined: all are visible
    /// @return         [B, h / stride, w / stride, outputs]
    at::Tensor forward(const at::Tensor& x, const at::Tensor& visible);

private:
    void addConvolution(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t stride);

    ResNetBlockParams params_;
    std::vector<torch::nn::Conv2d> convolutions_;
    std::vector<std::shared_ptr<Norm>> norms_;
    torch::nn::Conv2d shortcut_ = nullptr;  // empty: the identity
    std::shared_ptr<Norm> shortcutNorm_;
};

/// Every `stride`-th row and column. @param map  [B, h, w, D]; undefined stays undefined
at::Tensor everyNth(const at::Tensor& map, std::int64_t stride);

}  // namespace maskscope
