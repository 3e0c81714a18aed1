#include "training/feature_spread.h"

#include <cmath>

#include <torch/torch.h>

#include "core/error.h"
#include "tensor/spectrum.h"

namespace maskscope {
namespace {

constexpr std::int64_t kMostTokens = 1024;  // for the rank over patches, evenly spread

/// [R, D] centred, at most kMostTokens of the real tokens.
at::Tensor centredTokens(const at::Tensor& tokens, const at::Tensor& valid) {
    at::Tensor rows = tokens.reshape({-1, tokens.size(-1)});
    if (valid.defined()) rows = rows.index({valid.to(rows.device()).reshape(-1)});
    const std::int64_t stride = (rows.size(0) + kMostTokens - 1) / kMostTokens;
    rows = rows.slice(0, 0, rows.size(0), std::max<std::int64_t>(1, stride));
    return rows - rows.mean(0, true);
}

/// [B, D] mean over the real tokens.
at::Tensor pooled(const at::Tensor& tokens, const at::Tensor& valid) {
    if (!valid.defined()) return tokens.mean(1);
    const at::Tensor weights = valid.to(tokens.device(), tokens.scalar_type()).unsqueeze(-1);
    return (tokens * weights).sum(1) / weights.sum(1).clamp_min(1.0);
}

}  // namespace

FeatureSpread featureSpread(const Features& features, std::int64_t step) {
    if (features.dropped) throw ShapeError("the spread of features needs whole samples, but tokens were dropped");
    const at::NoGradGuard noGrad;
    const at::Tensor tokens = features.tokens.to(at::kCPU, at::kFloat), valid = features.geometry.valid;
    const at::Tensor images = pooled(tokens, valid);
    FeatureSpread spread{.step = step, .images = images.size(0), .width = images.size(1)};
    const at::Tensor directions = images / images.norm(2, 1, true).clamp_min(1e-12);
    if (spread.images > 1) spread.deviation = directions.std(0, false).mean().item<double>() * std::sqrt(static_cast<double>(spread.width));
    spread.imageRank = effectiveRank(images - images.mean(0, true));
    spread.tokenRank = effectiveRank(centredTokens(tokens, valid));
    return spread;
}

}  // namespace maskscope
