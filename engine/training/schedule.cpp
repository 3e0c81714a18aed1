#include "training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/param_reader.h"

namespace maskscope {

double cosineBetween(double from, double to, double fraction) {
    const double clamped = std::clamp(fraction, 0.0, 1.0);
    return to + (from - to) * 0.5 * (1.0 + std::cos(std::numbers::pi * clamped));
}

double linearBetween(double from, double to, double fraction) { return from + (to - from) * std::clamp(fraction, 0.0, 1.0); }

Schedule::Params Schedule::Params::read(ParamReader& reader) {
    Params params;
    const std::string kind =
        reader.choice("kind", "cosine", {"cosine", "linear", "constant", "step"}, "course of the learning rate after the warm-up");
    params.kind = kind == "linear" ? Kind::Linear : kind == "constant" ? Kind::Constant : kind == "step" ? Kind::Step : Kind::Cosine;
    params.warmup = reader.number("warmup", 0.0, Range::atLeast(0.0), "steps of linear warm-up");
    params.warmupShare =
        reader.number("warmup_share", 0.0, {.min = 0.0, .max = 1.0, .openMax = true}, "the warm-up as a share of all steps, instead of `warmup`");
    if (params.warmup > 0.0 && params.warmupShare > 0.0) reader.fail("warmup_share", "is given beside `warmup`; keep one of them");
    params.startLr = reader.number("start_lr", 0.0, Range::atLeast(0.0), "learning rate at the first step of the warm-up");
    params.minLr = reader.number("min_lr", 0.0, Range::atLeast(0.0), "learning rate at the end (cosine, linear)");
    params.milestones = reader.numbers("milestones", {}, Range::inside(0.0, 1.0), "shares of all steps after which the rate falls (step)");
    params.gamma = reader.number("gamma", 0.1, {.min = 0.0, .max = 1.0, .openMin = true}, "factor at each milestone (step)");
    return params;
}

double Schedule::warmupSteps() const { return params.warmup > 0.0 ? params.warmup : params.warmupShare * totalSteps; }

double Schedule::lrAt(double step) const {
    const double warmup = warmupSteps();
    if (step < warmup) return linearBetween(params.startLr, peakLr, step / warmup);
    const double length = totalSteps - warmup;
    const double fraction = length > 0.0 ? (step - warmup) / length : 1.0;
    switch (params.kind) {
        case Kind::Cosine:
            return cosineBetween(peakLr, params.minLr, fraction);
        case Kind::Linear:
            return linearBetween(peakLr, params.minLr, fraction);
        case Kind::Constant:
            return peakLr;
        case Kind::Step:
            break;
    }
    const auto passed =
        std::count_if(params.milestones.begin(), params.milestones.end(), [&](double milestone) { return step >= milestone * totalSteps; });
    return peakLr * std::pow(params.gamma, static_cast<double>(passed));
}

}  // namespace maskscope
