#include "masks/scheduled_mask.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.h"
#include "masks/mask_rows.h"
#include "masks/mask_schedule.h"

namespace maskscope {

ScheduledMask::Params ScheduledMask::Params::read(ParamReader& reader) {
    return {reader.choice("schedule", "cosine", maskSchedules(), "the share that is hidden, as a function of a number drawn evenly from 0 to 1")};
}

std::vector<Mask> ScheduledMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        RandomStream stream = draw.stream(row);
        const std::vector<std::int64_t> real = masks.realTokens(row);
        const auto tokens = static_cast<std::int64_t>(real.size());
        if (tokens < 2) throw ShapeError(fmt::format("mask 'scheduled' found a sample of {} tokens, expected at least 2", tokens));
        const double share = scheduledShare(params_.schedule, stream.uniform());
        const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(tokens)));
        const std::int64_t count = std::clamp<std::int64_t>(wanted, 1, tokens - 1);
        const std::vector<std::int64_t> order = stream.permutation(tokens);
        for (std::int64_t i = 0; i < count; ++i) masks.hide(row, real[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
    Mask mask;
    mask.hidden = masks.hidden();
    return {std::move(mask)};
}

}  // namespace maskscope
