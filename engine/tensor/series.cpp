#include "tensor/series.h"

#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

ScaledSeries scaleByDeviation(const at::Tensor& series, const at::Tensor& observed, double minimum) {
    const at::Tensor count = observed.sum(1, true).clamp_min(1.0);
    const at::Tensor offset = series.mul(observed).sum(1, true).div(count), centred = series.sub(offset);
    const at::Tensor scale = centred.mul(observed).square().sum(1, true).div(count).add(minimum).sqrt();
    return {centred.div(scale), offset, scale};
}

ScaledSeries scaleByMagnitude(const at::Tensor& series, const at::Tensor& observed, const SeriesScaling& scaling) {
    const at::Tensor sum = series.mul(observed).abs().sum(1, true), count = observed.sum(1, true);
    const at::Tensor own = sum.div(count.clamp_min(1.0));
    const at::Tensor elsewhere = scaling.whereNothingIsSeen ? at::full_like(own, *scaling.whereNothingIsSeen)
                                                            : sum.sum(0, true).div(count.sum(0, true).clamp_min(1.0)).expand_as(own);
    const at::Tensor scale = at::where(count.gt(0), own, elsewhere).clamp_min(scaling.minimum);
    return {series.div(scale), at::zeros_like(scale), scale};
}

}  // namespace

at::Tensor seriesPatches(const at::Tensor& series, std::int64_t patch, std::int64_t stride) {
    requireShape(series, {kAnySize, kAnySize, kAnySize}, "series");
    const std::int64_t times = series.size(1);
    if (patch < 1 || stride < 1 || times < patch)
        throw ShapeError(fmt::format("patches of {} times, {} apart, cannot be cut from series of {} times", patch, stride, times));
    const std::int64_t used = patch + (times - patch) / stride * stride;
    return series.narrow(1, times - used, used).unfold(1, patch, stride).transpose(1, 2);
}

ScaledSeries scaleSeries(const at::Tensor& series, const at::Tensor& observed, const SeriesScaling& scaling) {
    requireShape(series, {kAnySize, kAnySize, kAnySize}, "series");
    if (observed.defined()) requireShape(observed, {series.size(0), series.size(1), series.size(2)}, "what is observed of the series");
    const at::Tensor seen = observed.defined() ? observed.to(series.scalar_type()) : at::ones_like(series);
    switch (scaling.kind) {
        case SeriesScaling::Kind::Deviation:
            return scaleByDeviation(series, seen, scaling.minimum);
        case SeriesScaling::Kind::Magnitude:
            return scaleByMagnitude(series, seen, scaling);
        case SeriesScaling::Kind::None:
            break;
    }
    const at::Tensor one = at::ones_like(series.narrow(1, 0, 1));
    return {series, at::zeros_like(one), one};
}

}  // namespace maskscope
