#include "media/resample_kernel.h"

#include <array>
#include <cstring>
#include <type_traits>

namespace maskscope::resampling {
namespace {

using Four = float __attribute__((vector_size(16)));

Four load(const float* from) {
    Four value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

void store(float* to, Four value) { std::memcpy(to, &value, sizeof value); }

Four all(float value) { return Four{value, value, value, value}; }

Four unit(Four value) {
    value = value < 0.0F ? Four{} : value;
    return value > 1.0F ? all(1.0F) : value;
}

template <typename T>
[[gnu::optimize("O3")]] void widenRow(const T* __restrict from, std::size_t count, std::size_t step, float* __restrict to) {
    if (step == 1)
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]);
    else
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i * step]);
}

/// Runs a loop with its number of taps known to the compiler, where it is a usual one.
template <typename Loop>
void withTaps(int taps, const Loop& loop) {
    switch (taps) {
        case 2:
            return loop(std::integral_constant<int, 2>());
        case 3:
            return loop(std::integral_constant<int, 3>());
        case 4:
            return loop(std::integral_constant<int, 4>());
        default:
            return loop(taps);
    }
}

/// Sums of four floats over some rows.
template <typename Taps>
class Blend {
public:
    Blend(const Rows& rows, Taps taps) : rows_(rows.rows), weights_(rows.weights), taps_(taps) {}

    Four at(std::size_t place) const {
        Four sum = weights_[0] * load(rows_[0] + place);
        for (int tap = 1; tap < taps_; ++tap) sum += weights_[tap] * load(rows_[tap] + place);
        return unit(sum);
    }

private:
    const float* const* rows_;
    const float* weights_;
    Taps taps_;
};

}  // namespace

void widen(const std::uint8_t* from, std::size_t count, std::size_t step, float* to) { widenRow(from, count, step, to); }
void widen(const std::uint16_t* from, std::size_t count, std::size_t step, float* to) { widenRow(from, count, step, to); }

void gatherGrey(const float* row, const Columns& columns, float* to) {
    const float* weights = columns.weights;
    for (int x = 0; x < columns.outputs; ++x, weights += columns.taps) {
        const float* from = row + columns.first[x] - columns.origin;
        float sum = weights[0] * from[0];
        for (int tap = 1; tap < columns.taps; ++tap) sum += weights[tap] * from[tap];
        to[x] = sum;
    }
}

void gatherColor(const float* row, const Columns& columns, float* to) {
    withTaps(columns.taps, [&](auto taps) {
        const float* weights = columns.weights;
        float* place = to;
        for (int x = 0; x < columns.outputs; ++x, weights += taps, place += 4) {
            const float* from = row + 3 * (columns.first[x] - columns.origin);
            Four sum = weights[0] * load(from);
            for (int tap = 1; tap < taps; ++tap) sum += weights[tap] * load(from + 3 * tap);
            store(place, sum);
        }
    });
}

void blendGrey(const Rows& rows, float scale, float offset, float* to) {
    const auto outputs = static_cast<std::size_t>(rows.outputs);
    const Blend blend(rows, rows.taps);
    std::size_t x = 0;
    for (; x + 4 <= outputs; x += 4) store(to + x, blend.at(x) * scale + offset);
    if (x == outputs) return;
    const Four rest = blend.at(x) * scale + offset;
    std::memcpy(to + x, &rest, (outputs - x) * sizeof(float));
}

void blendColor(const Rows& rows, const float* scale, const float* offset, float* const* planes) {
    const auto outputs = static_cast<std::size_t>(rows.outputs);
    float *red = planes[0], *green = planes[1], *blue = planes[2];
    const std::array<Four, 3> scales{all(scale[0]), all(scale[1]), all(scale[2])}, offsets{all(offset[0]), all(offset[1]), all(offset[2])};
    withTaps(rows.taps, [&](auto taps) {
        const Blend blend(rows, taps);
        std::size_t x = 0;
        for (; x + 4 <= outputs; x += 4) {  // four pixels, turned from pixels to planes
            const Four a = blend.at(4 * x), b = blend.at(4 * x + 4), c = blend.at(4 * x + 8), d = blend.at(4 * x + 12);
            const Four abLow = __builtin_shufflevector(a, b, 0, 4, 1, 5), cdLow = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            const Four abHigh = __builtin_shufflevector(a, b, 2, 6, 3, 7), cdHigh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            store(red + x, __builtin_shufflevector(abLow, cdLow, 0, 1, 4, 5) * scales[0] + offsets[0]);
            store(green + x, __builtin_shufflevector(abLow, cdLow, 2, 3, 6, 7) * scales[1] + offsets[1]);
            store(blue + x, __builtin_shufflevector(abHigh, cdHigh, 0, 1, 4, 5) * scales[2] + offsets[2]);
        }
        for (; x < outputs; ++x) {
            const Four pixel = blend.at(4 * x);
            for (int c = 0; c < 3; ++c) planes[c][x] = pixel[c] * scale[c] + offset[c];
        }
    });
}

void blendLuma(const Rows& rows, float scale, float offset, float* to) {
    const Blend blend(rows, rows.taps);
    for (int x = 0; x < rows.outputs; ++x) {
        const Four pixel = blend.at(4 * static_cast<std::size_t>(x));
        to[x] = (0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2]) * scale + offset;
    }
}

}  // namespace maskscope::resampling
