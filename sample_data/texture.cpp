#include "sample_data/texture.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace maskscope::sample_data {
namespace {

double smooth(double low, double high, double x) {
    const double t = std::clamp((x - low) / (high - low), 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

/// Uniform in 0..1 from whole coordinates.
double lattice(std::int32_t x, std::int32_t y, std::uint32_t seed) {
    std::uint32_t h = seed ^ static_cast<std::uint32_t>(x) * 0x8da6b343U ^ static_cast<std::uint32_t>(y) * 0xd8163841U;
    h = (h ^ h >> 15) * 0x2c1b3c6dU;
    h = (h ^ h >> 12) * 0x297a2d39U;
    return (h ^ h >> 15) * (1.0 / 4294967296.0);
}

double valueNoise(double x, double y, std::uint32_t seed) {
    const double fx = std::floor(x), fy = std::floor(y);
    const auto ix = static_cast<std::int32_t>(fx), iy = static_cast<std::int32_t>(fy);
    const double u = smooth(0, 1, x - fx), v = smooth(0, 1, y - fy);
    const double top = std::lerp(lattice(ix, iy, seed), lattice(ix + 1, iy, seed), u);
    const double bottom = std::lerp(lattice(ix, iy + 1, seed), lattice(ix + 1, iy + 1, seed), u);
    return std::lerp(top, bottom, v);
}

}  // namespace

Color mix(const Color& a, const Color& b, double share) {
    return {std::lerp(a[0], b[0], share), std::lerp(a[1], b[1], share), std::lerp(a[2], b[2], share)};
}

Color fromHsv(double hue, double saturation, double value) {
    Color color{};
    for (std::size_t c = 0; c < 3; ++c) {
        double k = std::fmod((c == 0 ? 5.0 : c == 1 ? 3.0 : 1.0) + 6 * hue, 6.0);
        if (k < 0) k += 6;
        color[c] = value - value * saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
    }
    return color;
}

double fractalNoise(double x, double y, std::uint32_t seed, int octaves) {
    double sum = 0, weight = 0.5, total = 0;
    for (int octave = 0; octave < octaves; ++octave) {
        sum += weight * valueNoise(x, y, seed + static_cast<std::uint32_t>(octave));
        total += weight;
        weight *= 0.5;
        x = 2.03 * x + 7.1;
        y = 2.03 * y - 3.7;
    }
    return sum / total;
}

Color Texture::at(double x, double y) const {
    const double u = x * std::cos(angle) + y * std::sin(angle), v = y * std::cos(angle) - x * std::sin(angle);
    const double a = std::sin(2 * std::numbers::pi * (frequency * u + phase)), b = std::sin(2 * std::numbers::pi * (frequency * v + phase));
    switch (kind) {
        case Kind::Stripes:
            return mix(first, second, smooth(-0.35, 0.35, a));
        case Kind::Checker:
            return mix(first, second, smooth(-0.12, 0.12, a * b));
        case Kind::Noise:
            return mix(first, second, smooth(0.25, 0.75, fractalNoise(2.2 * frequency * u, 2.2 * frequency * v, noiseSeed, 3)));
        case Kind::Gradient:
            return mix(first, second, smooth(-0.9, 0.9, u));
        case Kind::Dots:
            return mix(first, second, smooth(0.35, 0.6, 0.5 * (a + b)));
        default:
            return first;
    }
}

Texture drawTexture(RandomStream& random, double hue, double saturation, double value, double contrast) {
    Texture texture;
    texture.kind = static_cast<Texture::Kind>(random.below(6));
    texture.first = fromHsv(hue, saturation, value);
    const double shifted = hue + random.uniform(-0.12, 0.12);
    const double other = value > 0.55 ? value - contrast * random.uniform(0.6, 1.0) : value + contrast * random.uniform(0.6, 1.0);
    texture.second = fromHsv(shifted, saturation * random.uniform(0.6, 1.0), std::clamp(other, 0.05, 0.98));
    texture.frequency = random.uniform(0.9, 1.9);
    texture.angle = random.uniform(0, std::numbers::pi);
    texture.phase = random.uniform();
    texture.noiseSeed = random.next();
    return texture;
}

}  // namespace maskscope::sample_data
