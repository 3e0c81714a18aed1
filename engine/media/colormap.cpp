#include "media/colormap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/error.h"
#include "core/image.h"

namespace maskscope {

namespace {

/// The colour map viridis (van der Walt and Smith, matplotlib 1.5) at 33 places; straight lines between them are within 2 of 255 of all of it.
constexpr std::array<std::uint32_t, 33> kViridis{0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453681, 0x424086, 0x3f4989, 0x3b528b,
                                                 0x375a8d, 0x33638d, 0x2f6a8e, 0x2c728e, 0x297a8e, 0x26818e, 0x23898e, 0x21908c, 0x1f988b,
                                                 0x1f9f88, 0x21a685, 0x28ae80, 0x31b57b, 0x3ebc74, 0x4cc26c, 0x5dc963, 0x6ece58, 0x82d34c,
                                                 0x96d83f, 0xabdc32, 0xc0df24, 0xd5e21a, 0xeae51a, 0xfde725};

/// @param level  0..1 @param channel  0 red to 2 blue
std::uint8_t viridis(float level, int channel) {
    const auto channelOf = [&](std::size_t place) { return static_cast<float>(kViridis[place] >> (16 - 8 * channel) & 0xFFU); };
    const float place = level * static_cast<float>(kViridis.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
    const float share = place - static_cast<float>(below);
    return static_cast<std::uint8_t>(std::lround((1.0F - share) * channelOf(below) + share * channelOf(below + 1)));
}

}  // namespace

Image viridisPicture(const at::Tensor& values, double low, double high) {
    const at::Tensor levels =
        values.detach().to(at::kCPU, at::kFloat).sub(low).div(std::max(high - low, 1e-12)).clamp(0, 1).nan_to_num(0).contiguous();
    const int height = static_cast<int>(levels.size(0)), width = static_cast<int>(levels.size(1));
    Image picture{width, height, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(levels.numel()) * 3)};
    const float* level = levels.const_data_ptr<float>();
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = viridis(level[i / 3], static_cast<int>(i % 3));
    return picture;
}

Image overlayPicture(const Image& picture, const Image& map, double opacity) {
    if (picture.width != map.width || picture.height != map.height || map.channels != 3)
        throw ShapeError("a map and the picture below it must have the same size");
    Image blended = map;
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            for (int c = 0; c < 3; ++c) {
                const std::uint8_t below = picture.pixels[picture.offset(x, y) + static_cast<std::size_t>(picture.channels >= 3 ? c : 0)];
                std::uint8_t& value = blended.pixels[blended.offset(x, y) + static_cast<std::size_t>(c)];
                value = static_cast<std::uint8_t>(opacity * value + (1.0 - opacity) * below + 0.5);
            }
    return blended;
}

}  // namespace maskscope
