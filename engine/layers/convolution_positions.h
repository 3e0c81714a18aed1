#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "core/param_reader.h"

namespace maskscope {

/// What makes one kind of positions from convolutions differ from another.
struct ConvolutionPositionParams {
    std::int64_t kernel = 128;  // tokens
    std::int64_t groups = 16;   // of channels; they divide the width
    std::int64_t depth = 1;     // convolutions, one after another
    /// weight: each place of the kernel has a learned length (wav2vec 2.0); batch: a batch norm of the tokens before the convolution (HuBERT);
    /// token: a layer norm without weight and bias after each convolution (data2vec)
    std::string norm = "weight";
    std::string activation = "gelu";

    /// Does not read the activation. @throws RecipeError if the groups do not divide the width
    static ConvolutionPositionParams read(ParamReader& reader, std::int64_t width, const ConvolutionPositionParams& defaults);
};

/// Positions that a token reads off its neighbours by a convolution over many tokens (Mohamed et al., Transformers with Convolutional
/// Context for ASR, 2019; Baevski et al., wav2vec 2.0, NeurIPS 2020, Sec. 2; data2vec: five shorter ones, App. of Baevski et al.,
/// ICML 2022). Parameters: conv0_weight [D, D / groups, kernel] and conv0_bias; with weight norm, conv0_direction of that shape and
/// conv0_length [1, 1, kernel] instead of the weight; batch norm: norm_weight, norm_bias, norm_mean and norm_variance.
class ConvolutionPositions : public torch::nn::Module {
public:
    ConvolutionPositions(std::int64_t width, const ConvolutionPositionParams& params);

    /// @param x  [B, N, D]  @return [B, N, D] to be added to it
    at::Tensor forward(const at::Tensor& x) const;

private:
    struct Convolution {
        at::Tensor weight;  // [D, D / groups, kernel]; with weight norm, its direction
        at::Tensor length;  // [1, 1, kernel]; undefined: no weight norm
        at::Tensor bias;    // [D]
    };

    ConvolutionPositionParams params_;
    std::vector<Convolution> convolutions_;
    at::Tensor normWeight_, normBias_, normMean_, normVariance_;  // [D], of "batch"
};

}  // namespace maskscope
