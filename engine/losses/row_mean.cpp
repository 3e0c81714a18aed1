#include "losses/row_mean.h"

#include <limits>

#include <fmt/format.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {

at::Tensor weightedRowMean(const at::Tensor& rows, const at::Tensor& weight) {
    requireShape(rows, {kAnySize, kAnySize}, "losses of rows");
    if (!weight.defined()) return rows.numel() == 0 ? rows.sum() : rows.mean();
    requireShape(weight, {rows.size(0), rows.size(1)}, "weights of rows");
    const at::Tensor weights = weight.to(rows.scalar_type());
    return rows.mul(weights).sum().div(weights.sum().clamp_min(std::numeric_limits<float>::min()));
}

at::Tensor weightedMean(const at::Tensor& vectors, const at::Tensor& weight) {
    const at::Tensor rows = vectors.detach().flatten(0, 1).to(at::kDouble);
    if (!weight.defined()) return rows.size(0) == 0 ? rows.sum(0) : rows.mean(0);
    const at::Tensor weights = weight.flatten().to(at::kDouble);
    return rows.mul(weights.unsqueeze(1)).sum(0).div(weights.sum().clamp_min(std::numeric_limits<double>::min()));
}

at::Tensor logShares(const at::Tensor& shares) {
    constexpr double kNever = 1e-9;
    return shares.clamp_min(kNever).log().to(at::kFloat);
}

void requireSameVectors(const LossInput& input, const char* loss) {
    if (!input.prediction.defined() || input.prediction.dim() != 3 || !input.target.defined() || input.prediction.sizes() != input.target.sizes())
        throw ShapeError(fmt::format("loss '{}' got the prediction {} and the target {}, expected both [B, R, T]", loss, shapeText(input.prediction),
                                     shapeText(input.target)));
}

void requireCodes(const LossInput& input, const char* loss) {
    const at::Tensor &prediction = input.prediction, &codes = input.target;
    if (!prediction.defined() || prediction.dim() != 3 || !codes.defined() || codes.scalar_type() != at::kLong ||
        codes.sizes() != prediction.sizes().slice(0, 2))
        throw ShapeError(fmt::format("loss '{}' got the prediction {} and the target {}, expected [B, R, T] and codes [B, R]", loss,
                                     shapeText(prediction), shapeText(codes)));
}

}  // namespace maskscope
