#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Cuts series into patches; the last patch ends with the series, times before the first belong to none.
/// @param series  [B, T, C]  @param patch, stride  times
/// @return        [B, C, N, patch], N = (T - patch) / stride + 1
/// @throws ShapeError if the series are shorter than a patch
at::Tensor seriesPatches(const at::Tensor& series, std::int64_t patch, std::int64_t stride);

/// How the series of a sample are brought to one scale before a network sees them.
struct SeriesScaling {
    enum class Kind {
        None,
        Deviation,  // mean 0 and deviation 1 over the observed times (Kim et al., RevIN, ICLR 2022, Eq. 1)
        Magnitude   // divided by the mean of the magnitudes (Salinas et al., DeepAR, IJF 2020, Sec. 3.3)
    };
    Kind kind = Kind::Deviation;
    double minimum = 1e-5;                     // Deviation: added to the variance; Magnitude: the least factor
    std::optional<double> whereNothingIsSeen;  // Magnitude: the factor of a series without observations; none: the mean over the batch
};

struct ScaledSeries {
    at::Tensor values;  // [B, T, C] = (series - offset) / scale
    at::Tensor offset;  // [B, 1, C]
    at::Tensor scale;   // [B, 1, C]
};

/// @param series    [B, T, C] float
/// @param observed  [B, T, C] float or bool, 0 = missing; undefined: all are there
ScaledSeries scaleSeries(const at::Tensor& series, const at::Tensor& observed, const SeriesScaling& scaling);

}  // namespace maskscope
