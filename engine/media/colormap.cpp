#include "media/colormap.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "core/image.h"

namespace maskscope {

Image viridisPicture(const at::Tensor& values, double low, double high) {
    const at::Tensor scaled =
        values.detach().to(at::kCPU, at::kFloat).sub(low).mul(255.0 / std::max(high - low, 1e-12)).clamp(0, 255).round().to(at::kByte).contiguous();
    const int height = static_cast<int>(scaled.size(0)), width = static_cast<int>(scaled.size(1));
    const cv::Mat levels(height, width, CV_8UC1, scaled.data_ptr<std::uint8_t>());
    Image picture{width, height, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3)};
    cv::Mat colours;
    cv::applyColorMap(levels, colours, cv::COLORMAP_VIRIDIS);
    cv::Mat target(height, width, CV_8UC3, picture.pixels.data());
    cv::cvtColor(colours, target, cv::COLOR_BGR2RGB);
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
