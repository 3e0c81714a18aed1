#pragma once

#include <array>

namespace maskscope {

/// Channel-first float pixels in [0, 1], changed in place. One channel or three for the colour functions.
struct Planes {
    float* values = nullptr;  // [channels, height, width]
    int channels = 0, height = 0, width = 0;
};

/// Factors as torchvision's ColorJitter draws them; 1 (hue: 0) changes nothing. Applied in the order brightness, contrast,
/// saturation, hue; results are kept inside [0, 1]. Pictures of one channel know brightness and contrast only.
struct ColorJitter {
    float brightness = 1, contrast = 1, saturation = 1;
    float hue = 0;  // turns of the colour circle, -0.5..0.5

    bool changesSomething() const { return brightness != 1 || contrast != 1 || saturation != 1 || hue != 0; }
};

void jitterColors(const Planes& planes, const ColorJitter& jitter);

/// Luma in all three channels.
void makeGrey(const Planes& planes);

/// Gaussian blur, the border mirrored. @param sigmaPx  above 0
void blur(const Planes& planes, double sigmaPx);

}  // namespace maskscope
