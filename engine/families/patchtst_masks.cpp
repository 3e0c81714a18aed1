#include "families/patchtst_masks.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// How many patches at the end are hidden. @throws DataError if different samples hide different numbers
std::int64_t readForecast(ModelConfig& config, std::int64_t patches) {
    const char* key = "num_forecast_mask_patches";
    const auto counts = config.isList(key) ? config.get<std::vector<std::int64_t>>(key, {}) : std::vector{config.get<std::int64_t>(key, 2)};
    if (counts.empty() || std::any_of(counts.begin(), counts.end(), [&](std::int64_t count) { return count < 1 || count >= patches; }))
        config.refuse(key, fmt::format("numbers from 1 to {}, one less than there are patches", patches - 1));
    if (std::any_of(counts.begin(), counts.end(), [&](std::int64_t count) { return count != counts.front(); }))
        config.refuse(key, "one number; which sample hides how much would be drawn by lot");
    return counts.front();
}

}  // namespace

at::Tensor PatchTstMasks::hidden(std::int64_t batch, ForwardInputs& inputs) const {
    at::Tensor hidden;
    if (forecast > 0) {
        hidden = at::arange(patches).ge(patches - forecast).expand({batch, channels, patches}).clone();
    } else {
        const at::Tensor noise = inputs.require("noise");
        requireShape(noise, {batch, sameForAll ? 1 : channels, patches}, "noise");
        const auto kept = static_cast<std::int64_t>(static_cast<double>(patches) * (1.0 - ratio));
        hidden = noise.argsort(std::int64_t{-1}).argsort(std::int64_t{-1}).ge(kept).expand({batch, channels, patches}).clone();
    }
    for (const std::int64_t series : spared) hidden.select(1, series).fill_(false);
    return hidden;
}

std::string PatchTstMasks::inWords() const {
    const std::string what =
        forecast > 0 ? fmt::format("the last {} patches of each series", forecast)
                     : fmt::format("{:.0f} % of the patches, drawn {}", 100.0 * ratio, sameForAll ? "once for all series" : "for each series");
    return spared.empty() ? what : fmt::format("{}, {} series spared", what, spared.size());
}

PatchTstMasks readPatchTstMasks(ModelConfig& config, const SeriesInput& input) {
    PatchTstMasks masks{.channels = input.channels, .patches = input.patches()};
    const std::string type = config.choice("mask_type", "random", {"random", "forecast"});
    masks.ratio = config.get("random_mask_ratio", masks.ratio);
    if (masks.ratio < 0.0 || masks.ratio >= 1.0) config.refuse("random_mask_ratio", "a number from 0 up to, not including, 1");
    masks.sameForAll = config.get("channel_consistent_masking", false);
    masks.spared = config.get<std::vector<std::int64_t>>("unmasked_channel_indices", {});
    for (std::int64_t& series : masks.spared) {
        if (series < 0) series += input.channels;
        if (series < 0 || series >= input.channels)
            config.refuse("unmasked_channel_indices", fmt::format("numbers of the {} series", input.channels));
    }
    if (type == "forecast")
        masks.forecast = readForecast(config, masks.patches);
    else
        config.ignore({"num_forecast_mask_patches"});
    return masks;
}

}  // namespace maskscope
