#include "media/resample_weights.h"

#include <algorithm>
#include <cmath>

namespace maskscope {
namespace {

/// Slivers that rounding leaves over count as nothing.
constexpr double kSliver = 1e-9;

/// Keys' cubic with a = -0.5 (Catmull-Rom), as Pillow and antialiased PyTorch use it.
double cubic(double x) {
    x = std::abs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
    return 0;
}

/// floor() without a call into the library; for |x| below 2^31.
int floorOf(double x) {
    const int truncated = static_cast<int>(x);
    return truncated - (x < truncated ? 1 : 0);
}

/// The weights of one output pixel; places beyond the picture go to its edge.
class Spread {
public:
    Spread(const AxisWeights& axis, int leftmost, float* weights)
        : low_(axis.low), last_(axis.high - 1), first_(std::clamp(leftmost, axis.low, axis.high - axis.taps)), weights_(weights) {}

    int first() const { return first_; }
    void add(int pixel, double weight) { weights_[std::clamp(pixel, low_, last_) - first_] += static_cast<float>(weight); }

private:
    int low_, last_, first_;
    float* weights_;
};

/// The share of [from, to) that each pixel covers.
int spreadArea(const AxisWeights& axis, double from, double to, float* weights) {
    Spread spread(axis, floorOf(from + kSliver), weights);
    for (int pixel = floorOf(from + kSliver); pixel < to - kSliver; ++pixel) {
        const double covered = std::min(to, pixel + 1.0) - std::max(from, static_cast<double>(pixel));
        spread.add(pixel, covered / (to - from));
    }
    return spread.first();
}

int spreadCubic(const AxisWeights& axis, double centre, float* weights) {
    const int left = floorOf(centre - 0.5);
    const double fraction = centre - 0.5 - left;
    if (fraction < kSliver) {  // exactly on a pixel
        Spread spread(axis, left, weights);
        spread.add(left, 1.0);
        return spread.first();
    }
    Spread spread(axis, left - 1, weights);
    for (int tap = -1; tap <= 2; ++tap) spread.add(left + tap, cubic(fraction - tap));
    return spread.first();
}

/// A triangle around `centre`, `reach` to either side, of which only what lies in [boxLow, boxHigh) counts.
int spreadTriangle(const AxisWeights& axis, double centre, double reach, int boxLow, int boxHigh, float* weights) {
    const int from = std::max(floorOf(centre - reach + 0.5), boxLow), to = std::min(floorOf(centre + reach + 0.5), boxHigh);
    double total = 0;
    for (int pixel = from; pixel < to; ++pixel) total += reach - std::abs(pixel + 0.5 - centre);
    Spread spread(axis, from, weights);
    for (int pixel = from; pixel < to; ++pixel) spread.add(pixel, (reach - std::abs(pixel + 0.5 - centre)) / total);
    return spread.first();
}

}  // namespace

PixelRange touchedPixels(double start, double length, int side) {
    const int low = std::clamp(floorOf(start + kSliver), 0, side - 1);
    return {low, std::clamp(-floorOf(-(start + length - kSliver)), low + 1, side)};
}

void fillAxisWeights(AxisWeights& axis, double start, double length, int side, int outputs, Interpolation interpolation, bool mirrored) {
    const PixelRange range = touchedPixels(start, length, side);
    axis.low = range.low;
    axis.high = range.high;
    const double step = length / outputs;  // source pixels an output pixel
    const double reach = std::max(step, 1.0);
    const bool bilinear = interpolation == Interpolation::Bilinear, area = !bilinear && step > 1.0;
    const int needed = bilinear ? static_cast<int>(std::ceil(2 * reach)) : area ? static_cast<int>(std::ceil(step)) + 1 : 4;
    axis.taps = std::min(needed, axis.high - axis.low);
    const int boxLow = floorOf(start + kSliver), boxHigh = std::max(-floorOf(-(start + length - kSliver)), boxLow + 1);
    const auto taps = static_cast<std::size_t>(axis.taps);
    axis.first.resize(static_cast<std::size_t>(outputs));
    axis.weights.assign(static_cast<std::size_t>(outputs) * taps, 0.0F);
    for (int i = 0; i < outputs; ++i) {
        const auto place = static_cast<std::size_t>(mirrored ? outputs - 1 - i : i);
        float* weights = axis.weights.data() + place * taps;
        const double centre = start + (i + 0.5) * step;
        if (bilinear)
            axis.first[place] = spreadTriangle(axis, centre, reach, boxLow, boxHigh, weights);
        else if (area)
            axis.first[place] = spreadArea(axis, start + i * step, start + (i + 1) * step, weights);
        else
            axis.first[place] = spreadCubic(axis, centre, weights);
    }
}

}  // namespace maskscope
