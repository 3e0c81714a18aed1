#include "layers/convnext_block.h"

#include <torch/torch.h>

#include "layers/activation.h"
#include "layers/drop_path.h"
#include "layers/linear_map.h"
#include "layers/map_convolution.h"

namespace maskscope {
namespace {

constexpr double kResponseEps = 1e-6;  // fixed in the reference implementation
constexpr std::int64_t kMlpRatio = 4;

}  // namespace

GlobalResponseNorm::GlobalResponseNorm(std::int64_t width) {
    residualScale_ = register_parameter("residual_scale", torch::zeros({width}));
    bias_ = register_parameter("bias", torch::zeros({width}));
}

at::Tensor GlobalResponseNorm::forward(const at::Tensor& x) const {
    const at::Tensor strength = at::linalg_vector_norm(x, 2, at::IntArrayRef{1, 2}, /*keepdim=*/true);
    const at::Tensor relative = strength / (strength.mean(-1, true) + kResponseEps);
    return residualScale_ * (x * relative) + bias_ + x;
}

ConvNextBlock::ConvNextBlock(std::int64_t width, const ConvNextBlockParams& params, double dropPath)
    : activation_(params.activation), dropPath_(dropPath), depthwise_(nullptr), fc1_(nullptr), fc2_(nullptr) {
    torch::nn::Conv2dOptions depthwise(width, width, params.kernel);
    depthwise.padding(params.kernel / 2).groups(width).bias(params.convolutionBias);
    depthwise_ = register_module("depthwise", torch::nn::Conv2d(depthwise));
    norm_ = register_module("norm", std::make_shared<Norm>("layer", width, params.normEps));
    fc1_ = register_module("fc1", torch::nn::Linear(width, kMlpRatio * width));
    if (params.responseNorm) responseNorm_ = register_module("grn", std::make_shared<GlobalResponseNorm>(kMlpRatio * width));
    fc2_ = register_module("fc2", torch::nn::Linear(kMlpRatio * width, width));
    if (params.layerScale > 0.0) scale_ = register_parameter("scale1", torch::full({width}, params.layerScale));
}

at::Tensor ConvNextBlock::forward(const at::Tensor& x, const at::Tensor& visible) {
    const at::Tensor mixed = convolveMap(depthwise_, x);
    at::Tensor inner = activate(linearMap(norm_->forward(mixed), fc1_), activation_);
    if (visible.defined()) inner = inner * visible;
    at::Tensor branch = linearMap(responseNorm_ ? responseNorm_->forward(inner) : inner, fc2_);
    if (scale_.defined()) branch = branch * scale_;
    if (visible.defined()) branch = branch * visible;
    return x + dropPath(branch, dropPath_, is_training());
}

}  // namespace maskscope
