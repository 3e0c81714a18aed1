#include "recipes/sampler.h"

#include <limits>

#include <torch/torch.h>

#include "masks/mask_schedule.h"
#include "recipes/mask_noise.h"

namespace maskscope {
namespace {

/// Draws a code for every place. @param logits [B, N, V] @param chance [B, N] uniform in [0, 1) @return [B, N] int64
at::Tensor drawCodes(const at::Tensor& logits, const at::Tensor& chance, double temperature) {
    if (temperature == 0.0) return logits.argmax(-1);
    const at::Tensor upTo = (logits / temperature).softmax(-1).cumsum(-1);
    return upTo.le(chance.unsqueeze(-1) * upTo.narrow(-1, upTo.size(-1) - 1, 1)).sum(-1).clamp_max(logits.size(-1) - 1);
}

/// Place of each value among those of its row, the smallest being 0.
at::Tensor ranks(const at::Tensor& values) { return values.argsort(/*stable=*/true, -1).argsort(/*stable=*/true, -1); }

}  // namespace

at::Tensor Sampler::stayingHidden(const at::Tensor& first, const at::Tensor& now, std::int64_t step, std::int64_t steps) const {
    if (spec_.steps == 0) return first.sub(step).clamp_min(0);
    const double progress = static_cast<double>(step) / static_cast<double>(steps);
    const double share = step == steps ? 0.0 : scheduledShare(spec_.schedule, progress);
    return at::minimum(first.mul(share).floor().to(at::kLong), now.sub(1)).clamp_min(0);
}

/// Who is decided first: the largest.
at::Tensor Sampler::precedence(const at::Tensor& logits, const at::Tensor& chosen, const at::Tensor& chance, double progress) const {
    if (spec_.order == "random") return chance;
    if (spec_.order == "raster") return at::arange(chosen.size(1), chance.options()).neg().expand_as(chosen);
    const at::Tensor confidence = logits.log_softmax(-1).gather(-1, chosen.unsqueeze(-1)).squeeze(-1);
    const at::Tensor gumbel = chance.clamp(1e-7, 1.0 - 1e-7).log().neg().log().neg();
    return confidence + gumbel * (spec_.choiceTemperature * (1.0 - progress));
}

Decoding Sampler::decode(Decoding state, std::uint64_t seed, const Ask& ask, const Watch& watch) const {
    const at::NoGradGuard noGrad;
    const at::Tensor first = state.hidden.sum(1);
    state.steps = spec_.steps > 0 ? spec_.steps : first.max().item<std::int64_t>();
    MaskDraw draw{.seed = seed, .purpose = "sampler", .samples = {}};
    for (std::int64_t row = 0; row < state.codes.size(0); ++row) draw.samples.push_back(static_cast<std::uint64_t>(row));
    while (state.step < state.steps) {
        draw.step = static_cast<std::uint64_t>(++state.step);
        const double progress = static_cast<double>(state.step) / static_cast<double>(state.steps);
        const at::Tensor logits = ask(state.codes, state.hidden).to(at::kFloat);
        const at::Tensor chances = drawChances(draw, state.codes.size(1)).to(logits.device());
        const at::Tensor chosen = drawCodes(logits, chances.select(-1, 0), spec_.temperature);
        const at::Tensor order = precedence(logits, chosen, chances.select(-1, 1), progress)
                                     .masked_fill(state.hidden.logical_not(), std::numeric_limits<double>::infinity());
        const at::Tensor staying = stayingHidden(first, state.hidden.sum(1), state.step, state.steps);
        const at::Tensor hidden = state.hidden.logical_and(ranks(order).lt(staying.unsqueeze(-1)));
        state.codes = at::where(state.hidden.logical_and(hidden.logical_not()), chosen, state.codes);
        state.hidden = hidden;
        if (watch && !watch(state)) break;
    }
    return state;
}

}  // namespace maskscope
