#include "layers/attention.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/grid_windows.h"
#include "layers/linear_map.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

const double kFirstLogitScale = std::log(10.0), kMostLogitScale = std::log(100.0);
constexpr double kNormalizeEps = 1e-12;

std::int64_t headWidthOf(const AttentionParams& params) {
    if (params.headWidth > 0) return params.headWidth;
    if (params.width % params.heads != 0)
        throw RecipeError(
            fmt::format("{} attention heads do not divide the width {}; choose a width that is a multiple of the heads", params.heads, params.width));
    return params.width / params.heads;
}

/// The bias of a context and what is padding, as one tensor that scores can be added to or that is bool; undefined: neither.
at::Tensor scoreMask(const AttentionContext& context, const at::Tensor& query, std::int64_t keys) {
    const std::int64_t batch = query.size(0);
    at::Tensor bias = context.bias;
    if (bias.defined()) {
        if (bias.dim() == 3) bias = bias.unsqueeze(0);
        const std::int64_t groups = bias.size(0);
        if (groups != 1 && groups != batch) {
            if (batch % groups != 0) throw ShapeError(fmt::format("{} attention biases do not divide a batch of {}", groups, batch));
            bias = bias.repeat({batch / groups, 1, 1, 1});
        }
        bias = bias.to(query.scalar_type());
    }
    if (!context.keyReal.defined()) return bias;
    const at::Tensor real = context.keyReal.view({batch, 1, 1, keys});
    if (!bias.defined()) return real;
    return bias.masked_fill(real.logical_not(), -std::numeric_limits<double>::infinity());
}

at::Tensor normalized(const at::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(kNormalizeEps); }

}  // namespace

at::Tensor Rotary::turn(const at::Tensor& x) const {
    const at::Tensor turning = prefix > 0 ? x.narrow(2, prefix, x.size(2) - prefix) : x;
    at::Tensor crossed;  // each channel's partner, with the sign that the rotation gives it
    if (interleaved) {
        const at::Tensor pairs = turning.unflatten(-1, {-1, 2});
        crossed = at::stack({-pairs.select(-1, 1), pairs.select(-1, 0)}, -1).flatten(-2);
    } else {
        const auto halves = turning.chunk(2, -1);
        crossed = at::cat({-halves[1], halves[0]}, -1);
    }
    const at::Tensor turned = turning * cosine.to(x.scalar_type()) + crossed * sine.to(x.scalar_type());
    return prefix > 0 ? at::cat({x.narrow(2, 0, prefix), turned}, 2) : turned;
}

at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const AttentionContext& context, double scale,
                  at::Tensor* probabilities) {
    const at::Tensor mask = scoreMask(context, query, key.size(2));
    if (probabilities == nullptr) {
        const bool whole = mask.defined() && mask.scalar_type() == at::kBool;
        return at::scaled_dot_product_attention(
            query, key, value,
            mask.defined() ? std::optional(whole ? mask.expand({mask.size(0), 1, query.size(2), key.size(2)}) : mask) : std::nullopt, 0.0, false,
            scale);
    }
    at::Tensor scores = at::matmul(query, key.transpose(-2, -1)) * scale;
    if (mask.defined())
        scores = mask.scalar_type() == at::kBool ? scores.masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity()) : scores + mask;
    *probabilities = scores.softmax(-1);
    return at::matmul(*probabilities, value);
}

Attention::Attention(const AttentionParams& params)
    : params_(params),
      headWidth_(headWidthOf(params)),
      scale_(params.scale > 0.0 ? params.scale : 1.0 / std::sqrt(static_cast<double>(headWidth_))),
      qkv_(nullptr),
      proj_(nullptr) {
    const std::int64_t inner = params.heads * headWidth_;
    const bool all = params.queryBias && params.keyBias && params.valueBias;
    qkv_ = register_module("qkv", torch::nn::Linear(torch::nn::LinearOptions(params.width, 3 * inner).bias(all)));
    if (!all) {
        if (params.queryBias) queryBias_ = register_parameter("query_bias", torch::zeros({inner}));
        if (params.keyBias) keyBias_ = register_parameter("key_bias", torch::zeros({inner}));
        if (params.valueBias) valueBias_ = register_parameter("value_bias", torch::zeros({inner}));
    }
    proj_ = register_module("proj", torch::nn::Linear(torch::nn::LinearOptions(inner, params.width).bias(params.projectionBias)));
    if (params.cosine) logitScale_ = register_parameter("logit_scale", torch::full({params.heads}, kFirstLogitScale));
    if (params.queryKeyNorm) {
        queryNorm_ = register_module("query_norm", std::make_shared<Norm>(params.normKind, headWidth_, params.normEps));
        keyNorm_ = register_module("key_norm", std::make_shared<Norm>(params.normKind, headWidth_, params.normEps));
    }
    if (params.innerNorm) innerNorm_ = register_module("norm", std::make_shared<Norm>(params.normKind, inner, params.normEps));
}

at::Tensor Attention::project(const at::Tensor& x) {
    if (!queryBias_.defined() && !keyBias_.defined() && !valueBias_.defined()) return linearMap(x, qkv_);
    const at::Tensor none = at::zeros({params_.heads * headWidth_}, qkv_->weight.options());
    const auto orNone = [&](const at::Tensor& bias) { return bias.defined() ? bias : none; };
    return linearMap(x, qkv_->weight, at::cat({orNone(queryBias_), orNone(keyBias_), orNone(valueBias_)}));
}

at::Tensor Attention::forward(const at::Tensor& tokens, const AttentionContext& context, at::Tensor* probabilities) {
    const at::Tensor x = context.windows != nullptr ? context.windows->split(tokens) : tokens;
    const std::int64_t batch = x.size(0), length = x.size(1);
    const at::Tensor qkv = project(x).view({batch, length, 3, params_.heads, headWidth_}).permute({2, 0, 3, 1, 4});
    at::Tensor query = qkv.select(0, 0), key = qkv.select(0, 1);
    const at::Tensor value = qkv.select(0, 2);
    if (queryNorm_) {
        query = queryNorm_->forward(query);
        key = keyNorm_->forward(key);
    }
    if (params_.cosine) {
        const at::Tensor factor = logitScale_.clamp_max(kMostLogitScale).exp().view({params_.heads, 1, 1});
        query = normalized(query) * factor.to(query.scalar_type());
        key = normalized(key);
    }
    if (context.rotary != nullptr) {
        query = context.rotary->turn(query);
        key = context.rotary->turn(key);
    }
    if (context.firstQuery > 0) query = query.narrow(2, context.firstQuery, length - context.firstQuery);
    at::Tensor mixed = attend(query, key, value, context, params_.cosine ? 1.0 : scale_, probabilities);
    mixed = mixed.transpose(1, 2).reshape({batch, length - context.firstQuery, params_.heads * headWidth_});
    const at::Tensor result = linearMap(innerNorm_ ? innerNorm_->forward(mixed) : mixed, proj_);
    return context.windows != nullptr ? context.windows->join(result) : result;
}

}  // namespace maskscope
