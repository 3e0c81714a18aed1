#include "tensor/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

at::Tensor asMatrix(const at::Tensor& rows) {
    requireShape(rows, {kAnySize, kAnySize}, "rows of features");
    return rows.detach().to(at::TensorOptions().dtype(at::kFloat).device(at::kCPU));
}

bool isFinite(const at::Tensor& matrix) { return at::isfinite(matrix).all().item<bool>(); }

std::vector<double> valuesOf(const at::Tensor& values) {
    const at::Tensor doubles = values.to(at::kDouble).contiguous();
    return {doubles.const_data_ptr<double>(), doubles.const_data_ptr<double>() + doubles.numel()};
}

/// @param singular  not negative
double rankOf(const std::vector<double>& singular) {
    double sum = 0.0, entropy = 0.0;
    for (const double value : singular) sum += value;
    if (!(sum > 0.0)) return 0.0;
    for (const double value : singular)
        if (value > 0.0) entropy -= value / sum * std::log(value / sum);
    return std::exp(entropy);
}

/// [1, count] of 1 and -1: what makes the largest loading of each direction positive. @param directions [count, D]
at::Tensor signsOf(const at::Tensor& directions) {
    const at::Tensor largest = directions.abs().argmax(1, true);
    return directions.gather(1, largest).sign().t();
}

/// By the smaller of the two Gram matrices, in double: thousands of rows cost little more than their product.
std::vector<double> singularValues(const at::Tensor& matrix) {
    const at::Tensor doubles = matrix.to(at::kDouble), turned = doubles.t();
    const at::Tensor gram = matrix.size(0) > matrix.size(1) ? at::matmul(turned, doubles) : at::matmul(doubles, turned);
    return valuesOf(at::linalg_eigvalsh(gram).clamp_min(0.0).sqrt());
}

}  // namespace

double effectiveRank(const at::Tensor& rows) {
    const at::Tensor matrix = asMatrix(rows);
    if (matrix.numel() == 0) return 0.0;
    return isFinite(matrix) ? rankOf(singularValues(matrix)) : std::numeric_limits<double>::quiet_NaN();
}

PrincipalComponents principalComponents(const at::Tensor& rows, std::int64_t count) {
    const at::Tensor matrix = asMatrix(rows);
    PrincipalComponents result;
    result.explainedVariance.assign(static_cast<std::size_t>(count), 0.0);
    result.scores = at::zeros({matrix.size(0), count}, matrix.options());
    if (matrix.numel() == 0) return result;
    if (!isFinite(matrix)) throw DataError("the features are not finite any more, so they have no principal components; look at an earlier step");
    const at::Tensor centred = matrix.sub(matrix.mean(0, true));
    const auto [left, singular, right] = at::linalg_svd(centred, false);
    const std::vector<double> values = valuesOf(singular);
    const std::int64_t kept = std::min(count, singular.size(0));
    double variance = 0.0;
    for (const double value : values) variance += value * value;
    if (!(variance > 0.0)) return result;
    for (std::int64_t i = 0; i < kept; ++i) {
        const double value = values[static_cast<std::size_t>(i)];
        result.explainedVariance[static_cast<std::size_t>(i)] = value * value / variance;
    }
    const at::Tensor scores = left.narrow(1, 0, kept).mul(singular.narrow(0, 0, kept)).mul(signsOf(right.narrow(0, 0, kept)));
    result.scores.narrow(1, 0, kept).copy_(scores);
    result.effectiveRank = rankOf(values);
    return result;
}

}  // namespace maskscope
