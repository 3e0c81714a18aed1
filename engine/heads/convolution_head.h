#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "heads/head.h"

namespace maskscope {

/// A convolutional decoder over the grid of tokens (Baevski et al., data2vec 2.0, ICML 2023, Sec. 3.2 and the official code): tokens that the encoder
/// dropped become zeros (the code fills in noise of deviation 0.01), then blocks of grouped convolution, layer norm over channels without
/// parameters, GELU and a residual sum, then one linear map. Class tokens are not seen.
class ConvolutionHead : public Head {
public:
    struct Params {
        std::int64_t layers = 6, width = 384, kernel = 3, groups = 16;
        static Params read(ParamReader& reader);
    };
    /// @throws RecipeError if groups divide neither width nor what the features have, or tokens lie on no plane
    ConvolutionHead(const Params& params, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return true; }

private:
    Params params_;
    std::int64_t rows_, columns_;  // of the grid
    std::vector<torch::nn::Conv2d> convolutions_;
    torch::nn::Linear predict_;
};

}  // namespace maskscope
