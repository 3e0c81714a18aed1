#include "media/resample_weights.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace maskscope {
namespace {

/// Keys' cubic with a = -0.5 (Catmull-Rom), as Pillow and antialiased PyTorch use it.
double cubic(double x) {
    x = std::abs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
    return 0;
}

/// Gathers the weights of one output pixel; places beyond the edge go to the edge's pixel.
class SpanBuilder {
public:
    SpanBuilder(int low, int high) : low_(low), high_(high) {}

    void begin() { weights_.clear(); }
    void add(long long pixel, double weight) {
        const int place = static_cast<int>(std::clamp<long long>(pixel, low_, high_ - 1));
        if (weights_.empty()) first_ = place;
        const auto index = static_cast<std::size_t>(place - first_);
        if (index >= weights_.size()) weights_.resize(index + 1, 0.0);
        weights_[index] += weight;
    }
    void finish(AxisWeights& axis) const {
        axis.spans.push_back({first_, static_cast<int>(weights_.size()), static_cast<int>(axis.weights.size())});
        for (const double weight : weights_) axis.weights.push_back(static_cast<float>(weight));
    }

private:
    int low_, high_, first_ = 0;
    std::vector<double> weights_;
};

/// The share of [from, to) that each pixel covers. Slivers that rounding leaves over count as nothing.
void addArea(SpanBuilder& span, double from, double to) {
    constexpr double kSliver = 1e-9;
    for (auto pixel = static_cast<long long>(std::floor(from + kSliver)); static_cast<double>(pixel) < to - kSliver; ++pixel) {
        const double covered = std::min(to, static_cast<double>(pixel + 1)) - std::max(from, static_cast<double>(pixel));
        span.add(pixel, covered / (to - from));
    }
}

void addCubic(SpanBuilder& span, double centre) {
    const double place = centre - 0.5;
    const auto left = static_cast<long long>(std::floor(place));
    const double fraction = place - static_cast<double>(left);
    if (fraction < 1e-9) {  // exactly on a pixel
        span.add(left, 1.0);
        return;
    }
    for (long long tap = -1; tap <= 2; ++tap) span.add(left + tap, cubic(fraction - static_cast<double>(tap)));
}

}  // namespace

AxisWeights axisWeights(double start, double length, int side, int outputs) {
    AxisWeights axis;
    axis.low = std::clamp(static_cast<int>(std::floor(start + 1e-9)), 0, side - 1);
    axis.high = std::clamp(static_cast<int>(std::ceil(start + length - 1e-9)), axis.low + 1, side);
    const double step = length / outputs;  // source pixels an output pixel
    SpanBuilder span(axis.low, axis.high);
    axis.spans.reserve(static_cast<std::size_t>(outputs));
    for (int i = 0; i < outputs; ++i) {
        span.begin();
        if (step > 1.0)
            addArea(span, start + i * step, start + (i + 1) * step);
        else
            addCubic(span, start + (i + 0.5) * step);
        span.finish(axis);
    }
    return axis;
}

}  // namespace maskscope
