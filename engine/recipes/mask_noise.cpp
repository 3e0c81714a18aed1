#include "recipes/mask_noise.h"

#include <cmath>

#include <torch/torch.h>

#include "core/random.h"
#include "recipes/method.h"

namespace maskscope {

at::Tensor drawChances(const MaskDraw& draw, std::int64_t tokens) {
    const at::Tensor chances = at::empty({static_cast<std::int64_t>(draw.samples.size()), tokens, 2}, at::kFloat);
    float* next = chances.mutable_data_ptr<float>();
    for (const std::uint64_t sample : draw.samples) {
        RandomStream stream(draw.seed, draw.purpose + "/chance", draw.step, sample);
        for (std::int64_t i = 0; i < 2 * tokens; ++i) *next++ = std::ldexp(static_cast<float>(stream.next() >> 8), -24);
    }
    return chances;
}

Signals blindSignals(const MethodSpec& spec, const std::vector<View>& views, const Signals& signals, const MaskDraw& draw) {
    Signals seen = signals;
    for (const SignalSpec& signal : spec.signals) {
        const Geometry& geometry = findView(views, spec.pass(signal.pass).view).geometry;
        MaskDraw noise = draw;
        noise.purpose += "/" + signal.name;
        seen.write(signal.name, drawChances(noise, geometry.tokens()).select(2, 0).contiguous(), 0);
    }
    return seen;
}

}  // namespace maskscope
