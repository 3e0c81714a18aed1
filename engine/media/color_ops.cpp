#include "media/color_ops.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace maskscope {
namespace {

std::size_t planeSize(const Planes& planes) { return static_cast<std::size_t>(planes.height) * static_cast<std::size_t>(planes.width); }

float unit(float value) { return std::clamp(value, 0.0F, 1.0F); }

/// values = (values - around) * factor + around
void scaleAround(float* values, std::size_t count, float around, float factor) {
    for (std::size_t i = 0; i < count; ++i) values[i] = unit((values[i] - around) * factor + around);
}

float luma(float red, float green, float blue) { return 0.299F * red + 0.587F * green + 0.114F * blue; }

float lumaAt(const Planes& planes, std::size_t pixel) {
    const std::size_t size = planeSize(planes);
    return planes.channels == 3 ? luma(planes.values[pixel], planes.values[size + pixel], planes.values[2 * size + pixel]) : planes.values[pixel];
}

float meanLuma(const Planes& planes) {
    double sum = 0;
    const std::size_t size = planeSize(planes);
    for (std::size_t i = 0; i < size; ++i) sum += static_cast<double>(lumaAt(planes, i));
    return static_cast<float>(sum / static_cast<double>(size));
}

void saturate(const Planes& planes, float factor) {
    const std::size_t size = planeSize(planes);
    for (std::size_t i = 0; i < size; ++i) {
        const float grey = lumaAt(planes, i);
        for (std::size_t c = 0; c < 3; ++c) scaleAround(planes.values + c * size + i, 1, grey, factor);
    }
}

/// Turns the hue of one pixel and keeps its value and saturation (HSV).
void turnHue(float& red, float& green, float& blue, float turns) {
    const float high = std::max({red, green, blue}), low = std::min({red, green, blue}), range = high - low;
    if (range <= 0) return;
    float sector = high == red ? (green - blue) / range : high == green ? 2 + (blue - red) / range : 4 + (red - green) / range;
    sector += 6 * turns;
    sector -= 6 * std::floor(sector / 6);
    const auto channel = [&](float offset) {
        float k = offset + sector;
        if (k >= 6) k -= 6;
        return high - range * std::clamp(std::min(k, 4 - k), 0.0F, 1.0F);
    };
    red = channel(5);
    green = channel(3);
    blue = channel(1);
}

std::vector<float> gaussian(double sigmaPx) {
    const int radius = std::max(1, static_cast<int>(std::ceil(3 * sigmaPx)));
    std::vector<float> kernel;
    double sum = 0;
    for (int i = -radius; i <= radius; ++i) {
        kernel.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigmaPx * sigmaPx))));
        sum += static_cast<double>(kernel.back());
    }
    for (float& weight : kernel) weight = static_cast<float>(weight / sum);
    return kernel;
}

/// Mirrors without repeating the border: -1 -> 1.
int mirrored(int place, int side) {
    if (side == 1) return 0;
    const int period = 2 * side - 2;
    place = std::abs(place) % period;
    return place < side ? place : period - place;
}

/// Blurs `lines` lines of `length` values that lie `step` apart.
void blurLines(float* values, int lines, std::ptrdiff_t lineStep, int length, std::ptrdiff_t step, const std::vector<float>& kernel) {
    const int radius = static_cast<int>(kernel.size() / 2);
    std::vector<float> padded(static_cast<std::size_t>(length + 2 * radius));
    for (int line = 0; line < lines; ++line) {
        float* first = values + line * lineStep;
        for (int i = -radius; i < length + radius; ++i) padded[static_cast<std::size_t>(i + radius)] = first[mirrored(i, length) * step];
        for (int i = 0; i < length; ++i) {
            float sum = 0;
            for (std::size_t tap = 0; tap < kernel.size(); ++tap) sum += kernel[tap] * padded[static_cast<std::size_t>(i) + tap];
            first[i * step] = sum;
        }
    }
}

}  // namespace

void jitterColors(const Planes& planes, const ColorJitter& jitter) {
    const std::size_t size = planeSize(planes), all = size * static_cast<std::size_t>(planes.channels);
    if (jitter.brightness != 1) scaleAround(planes.values, all, 0, jitter.brightness);
    if (jitter.contrast != 1) scaleAround(planes.values, all, meanLuma(planes), jitter.contrast);
    if (planes.channels != 3) return;
    if (jitter.saturation != 1) saturate(planes, jitter.saturation);
    if (jitter.hue == 0) return;
    for (std::size_t i = 0; i < size; ++i) turnHue(planes.values[i], planes.values[size + i], planes.values[2 * size + i], jitter.hue);
}

void makeGrey(const Planes& planes) {
    if (planes.channels != 3) return;
    const std::size_t size = planeSize(planes);
    for (std::size_t i = 0; i < size; ++i) {
        const float grey = lumaAt(planes, i);
        for (std::size_t c = 0; c < 3; ++c) planes.values[c * size + i] = grey;
    }
}

void blur(const Planes& planes, double sigmaPx) {
    if (!(sigmaPx > 0)) return;
    const std::vector<float> kernel = gaussian(sigmaPx);
    for (int c = 0; c < planes.channels; ++c) {
        float* plane = planes.values + static_cast<std::size_t>(c) * planeSize(planes);
        blurLines(plane, planes.height, planes.width, planes.width, 1, kernel);
        blurLines(plane, planes.width, 1, planes.height, planes.width, kernel);
    }
}

}  // namespace maskscope
