#include "masks/frequency_mask.h"

#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "masks/mask_rows.h"

namespace maskscope {

FrequencyMask::Params FrequencyMask::Params::read(ParamReader& reader) {
    Params params;
    params.radius = reader.number("radius", params.radius, Range::positive(), "of the circle between low and high frequencies, in periods a side");
    params.lowPassShare = reader.number("low_pass_share", params.lowPassShare, Range::between(0, 1), "of the samples that keep the low frequencies");
    return params;
}

std::vector<Mask> FrequencyMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    if (geometry.kind != GeometryKind::Grid || geometry.shape.size() != 2)
        throw ShapeError("mask 'frequency' hides frequencies of images; set mask.space = \"frequency\" in a recipe for images");
    const std::int64_t rows = geometry.shape[0], columns = geometry.shape[1];
    if (const double farthest = static_cast<double>(rows * rows + columns * columns) / 4.0; params_.radius * params_.radius > farthest)
        throw ShapeError(fmt::format("mask.radius is {:g}, but a plane of {} x {} frequencies has none beyond it; choose a smaller one",
                                     params_.radius, rows, columns));
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        const bool keepsLow = draw.stream(row).uniform() < params_.lowPassShare;
        for (std::int64_t place = 0; place < rows * columns; ++place) {
            const auto down = static_cast<double>(place / columns - rows / 2), across = static_cast<double>(place % columns - columns / 2);
            const bool isHigh = down * down + across * across >= params_.radius * params_.radius;
            if (isHigh == keepsLow) masks.hide(row, place);
        }
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
