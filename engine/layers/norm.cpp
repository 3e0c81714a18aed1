#include "layers/norm.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr double kBatchMomentum = 0.1;

}  // namespace

Norm::Norm(const std::string& kind, std::int64_t width, double eps) : width_(width), eps_(eps) {
    const bool plain = kind == "layer_plain", batch = kind == "batch";
    if (kind == "rms")
        kind_ = Kind::Rms;
    else if (batch)
        kind_ = Kind::Batch;
    else if (!plain && kind != "layer" && kind != "layer_weight")
        throw RecipeError(fmt::format("'{}' is not a norm; there are layer, layer_weight, layer_plain, rms and batch", kind));
    if (!plain) weight_ = register_parameter("weight", torch::ones({width}));
    if (batch || kind == "layer") bias_ = register_parameter("bias", torch::zeros({width}));
    if (!batch) return;
    runningMean_ = register_buffer("running_mean", torch::zeros({width}));
    runningVariance_ = register_buffer("running_var", torch::ones({width}));
}

at::Tensor Norm::forward(const at::Tensor& x, const at::Tensor& visible) {
    if (!visible.defined()) return normalize(x);
    return (kind_ == Kind::Batch && is_training() ? batchOfVisible(x, visible) : normalize(x)) * visible;
}

/// Batch norm in training, with the statistics of what is visible.
at::Tensor Norm::batchOfVisible(const at::Tensor& x, const at::Tensor& visible) {
    const at::Tensor rows = x.reshape({-1, width_}), counts = visible.reshape({-1, 1}), count = counts.sum().clamp_min(1.0);
    const at::Tensor mean = (rows * counts).sum(0) / count, variance = ((rows - mean).square() * counts).sum(0) / count;
    {
        const at::NoGradGuard noGrad;
        runningMean_.lerp_(mean.detach(), kBatchMomentum);
        runningVariance_.lerp_(variance.detach() * count / (count - 1.0).clamp_min(1.0), kBatchMomentum);
    }
    return (x - mean) * (at::rsqrt(variance + eps_) * weight_) + bias_;
}

at::Tensor Norm::normalize(const at::Tensor& x) {
    switch (kind_) {
        case Kind::Layer:
            return at::layer_norm(x, {width_}, weight_, bias_, eps_);
        case Kind::Rms:
            return x * at::rsqrt(x.square().mean(-1, true) + eps_) * weight_;
        case Kind::Batch:
            return at::batch_norm(x.movedim(-1, 1), weight_, bias_, runningMean_, runningVariance_, is_training(), kBatchMomentum, eps_, false)
                .movedim(1, -1);
    }
    return x;
}

}  // namespace maskscope
