#include "layers/convolution_positions.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/activation.h"

namespace maskscope {
namespace {

constexpr double kNormEps = 1e-5, kBatchMomentum = 0.1;

}  // namespace

ConvolutionPositionParams ConvolutionPositionParams::read(ParamReader& reader, std::int64_t width, const ConvolutionPositionParams& defaults) {
    ConvolutionPositionParams p;
    p.kernel = reader.integer("position_kernel", defaults.kernel, Range::atLeast(1), "tokens that a position's convolution sees");
    p.groups = reader.integer("position_groups", defaults.groups, Range::atLeast(1), "groups of channels of that convolution; they divide the width");
    p.depth = reader.integer("position_depth", defaults.depth, Range::between(1, 100), "such convolutions, one after another");
    p.norm = reader.choice("position_norm", defaults.norm, {"weight", "batch", "token"},
                           "weight: a learned length of each place of the kernel (wav2vec 2.0); batch: a batch norm before (HuBERT); token: a plain "
                           "layer norm after (data2vec)");
    if (!reader.isDocumenting() && width % p.groups != 0)
        reader.fail("position_groups", fmt::format("is {}, expected a divisor of the width {}", p.groups, width));
    return p;
}

ConvolutionPositions::ConvolutionPositions(std::int64_t width, const ConvolutionPositionParams& params) : params_(params) {
    for (std::int64_t i = 0; i < params.depth; ++i) {
        const std::string name = fmt::format("conv{}_", i);
        const bool weightNorm = params.norm == "weight";
        Convolution made;
        made.weight = register_parameter(name + (weightNorm ? "direction" : "weight"), torch::zeros({width, width / params.groups, params.kernel}));
        if (weightNorm) made.length = register_parameter(name + "length", torch::ones({1, 1, params.kernel}));
        made.bias = register_parameter(name + "bias", torch::zeros({width}));
        convolutions_.push_back(made);
    }
    if (params.norm != "batch") return;
    normWeight_ = register_parameter("norm_weight", torch::ones({width}));
    normBias_ = register_parameter("norm_bias", torch::zeros({width}));
    normMean_ = register_buffer("norm_mean", torch::zeros({width}));
    normVariance_ = register_buffer("norm_variance", torch::ones({width}));
}

at::Tensor ConvolutionPositions::forward(const at::Tensor& x) const {
    const std::int64_t tokens = x.size(1), width = x.size(2);
    at::Tensor result = x.transpose(1, 2);
    if (normWeight_.defined())
        result = at::batch_norm(result, normWeight_, normBias_, normMean_, normVariance_, is_training(), kBatchMomentum, kNormEps, false);
    for (const Convolution& convolution : convolutions_) {
        const at::Tensor weight = convolution.length.defined() ? at::_weight_norm(convolution.weight, convolution.length, 2) : convolution.weight;
        // An even kernel has half of itself on both sides and would give a token more; the last goes.
        result = at::conv1d(result, weight, convolution.bias, 1, params_.kernel / 2, 1, params_.groups).narrow(2, 0, tokens);
        if (params_.norm == "token") result = at::layer_norm(result.transpose(1, 2), {width}, {}, {}, kNormEps).transpose(1, 2);
        result = activate(result, params_.activation);
    }
    return result.transpose(1, 2);
}

}  // namespace maskscope
