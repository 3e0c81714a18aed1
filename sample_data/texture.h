#pragma once

#include <array>
#include <cstdint>

#include "core/random.h"

namespace maskscope::sample_data {

/// Linear light, 0..1.
using Color = std::array<double, 3>;

Color mix(const Color& a, const Color& b, double share);
/// @param hue turns, @param saturation, value 0..1
Color fromHsv(double hue, double saturation, double value);

/// Smooth noise in 0..1 with several octaves.
double fractalNoise(double x, double y, std::uint32_t seed, int octaves);

/// A pattern of two colours over the plane.
struct Texture {
    enum class Kind { Plain, Stripes, Checker, Noise, Gradient, Dots };
    Kind kind = Kind::Plain;
    Color first{}, second{};
    double frequency = 1, angle = 0, phase = 0;
    std::uint32_t noiseSeed = 0;

    Color at(double x, double y) const;
};

/// @param hue, spread  the colours' hue and how far apart they may lie
Texture drawTexture(RandomStream& random, double hue, double saturation, double value, double contrast);

}  // namespace maskscope::sample_data
