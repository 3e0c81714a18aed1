#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "layers/norm.h"

namespace maskscope {

/// Global response normalization (Woo et al., ConvNeXt V2, CVPR 2023, Sec. 3.3): a channel is scaled by how strong it is over
/// the whole map, in units of the mean over channels, and added to itself. Its scale starts at 0, as the identity.
class GlobalResponseNorm : public torch::nn::Module {
public:
    explicit GlobalResponseNorm(std::int64_t width);
    /// @param x  [B, H, W, D]; places that hold zeros do not count   @return the same shape
    at::Tensor forward(const at::Tensor& x) const;

private:
    at::Tensor residualScale_, bias_;  // [D]
};

/// What the blocks of a ConvNeXt share.
struct ConvNextBlockParams {
    std::int64_t kernel = 7;  // side of the depthwise convolution, odd
    std::string activation = "gelu";
    double normEps = 1e-6;
    bool convolutionBias = true;
    bool responseNorm = true;  // false: as in the first ConvNeXt
    double layerScale = 0.0;   // first value of a learned factor a channel on the branch, as in the first ConvNeXt; 0: none
};

/// ConvNeXt V2's block (Woo et al., CVPR 2023, Fig. 5): depthwise convolution, layer norm, an MLP of four times the width with
/// global response normalization inside, and a residual sum. Parameters: depthwise, norm, fc1, grn, fc2, scale1.
class ConvNextBlock : public torch::nn::Module {
public:
    ConvNextBlock(std::int64_t width, const ConvNextBlockParams& params, double dropPath);

    /// @param x        [B, H, W, D]; zero at hidden places if there are any
    /// @param visible  [B, H, W, 1] float, 0 = hidden: these places neither give nor get anything, as in a sparse convolution;
    ///                 undefined: all are visible
    at::Tensor forward(const at::Tensor& x, const at::Tensor& visible);

private:
    std::string activation_;
    double dropPath_;
    torch::nn::Conv2d depthwise_;
    std::shared_ptr<Norm> norm_;
    torch::nn::Linear fc1_, fc2_;
    std::shared_ptr<GlobalResponseNorm> responseNorm_;  // none without it
    at::Tensor scale_;                                  // [D]; undefined: there is no layer scale
};

}  // namespace maskscope
