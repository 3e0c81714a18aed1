#include "masks/hard_mask.h"

#include <cmath>
#include <utility>

#include "masks/mask_rows.h"
#include "masks/signal_map.h"

namespace maskscope {

HardMask::Params HardMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.start = reader.number("start", params.start, Range::between(0, 1), "share of the hidden tokens that are the hardest, at the first step");
    params.end = reader.number("end", params.end, Range::between(0, 1), "the same at the last step; in between it changes evenly");
    params.signal = reader.text("signal", params.signal, "what the recipe calls the signal that is read");
    return params;
}

std::vector<Mask> HardMask::sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const {
    MaskRows masks(geometry, draw.samples.size());
    const SignalMap difficulty(signals, params_.signal, masks.rows(), masks.tokens(), "hard");
    const double share = params_.start + (params_.end - params_.start) * draw.progress;
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        const std::vector<std::int64_t> order = difficulty.fallingOrder(row, masks.realTokens(row));
        const auto total = static_cast<std::int64_t>(order.size()), count = hiddenCount(params_.ratio, total);
        const std::int64_t hard = std::lround(share * static_cast<double>(count));
        for (std::int64_t i = 0; i < hard; ++i) masks.hide(row, order[static_cast<std::size_t>(i)]);
        RandomStream stream = draw.stream(row);
        const auto others = stream.permutation(total - hard);
        for (std::int64_t i = 0; i < count - hard; ++i) masks.hide(row, order[static_cast<std::size_t>(hard + others[static_cast<std::size_t>(i)])]);
    }
    Mask mask;
    mask.hidden = masks.hidden();
    mask.extras[params_.signal] = difficulty.values();
    return {std::move(mask)};
}

}  // namespace maskscope
