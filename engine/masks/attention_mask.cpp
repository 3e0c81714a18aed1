#include "masks/attention_mask.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "masks/mask_rows.h"
#include "masks/signal_map.h"

namespace maskscope {

AttentionMask::Params AttentionMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens that is hidden");
    params.low = reader.choice("hides", "high", {"high", "low"}, "the most or the least attended tokens") == "low";
    params.hints = reader.number("hints", params.hints, {.min = 0, .max = 1, .openMax = true},
                                 "share of the tokens to hide that stay visible as hints; the next ones are hidden instead");
    params.signal = reader.text("signal", params.signal, "what the recipe calls the signal that is read");
    return params;
}

std::vector<Mask> AttentionMask::sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const {
    MaskRows masks(geometry, draw.samples.size());
    const SignalMap attention(signals, params_.signal, masks.rows(), masks.tokens(), "attention");
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        std::vector<std::int64_t> order = attention.fallingOrder(row, masks.realTokens(row));
        if (params_.low) std::reverse(order.begin(), order.end());
        const auto total = static_cast<std::int64_t>(order.size()), count = hiddenCount(params_.ratio, total);
        const std::int64_t hints = std::min(std::lround(params_.hints * static_cast<double>(count)), total - count);
        std::vector<bool> shown(order.size(), false);
        if (hints > 0) {
            RandomStream stream = draw.stream(row);
            const auto drawn = stream.permutation(count);
            for (std::int64_t i = 0; i < hints; ++i) shown[static_cast<std::size_t>(drawn[static_cast<std::size_t>(i)])] = true;
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(count + hints); ++i)
            if (!shown[i]) masks.hide(row, order[i]);
    }
    Mask mask;
    mask.hidden = masks.hidden();
    mask.extras[params_.signal] = attention.values();
    return {std::move(mask)};
}

}  // namespace maskscope
