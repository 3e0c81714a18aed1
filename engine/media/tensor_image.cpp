#include "media/tensor_image.h"

#include <cmath>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "core/error.h"
#include "media/resample.h"

namespace maskscope {

at::Tensor toTensor(const Image& image) { return toTensor(toDecoded(image)); }

at::Tensor toTensor(const DecodedImage& image) {
    if (image.empty()) throw ShapeError("an empty picture cannot become a tensor; expected at least 1 x 1 pixels");
    at::Tensor pixels = at::empty({image.channels(), image.height(), image.width()}, at::TensorOptions().dtype(at::kFloat));
    const auto channels = static_cast<std::size_t>(image.channels());
    const std::vector<float> scale(channels, 1.0F), offset(channels, 0.0F);
    resampleInto(wholeWindow(image), wholeImage(image), false, Interpolation::Area,
                 {pixels.data_ptr<float>(), image.channels(), image.height(), image.width(), scale, offset});
    return pixels;
}

Image toImage(const at::Tensor& pixels) {
    if (pixels.dim() != 3 || pixels.numel() == 0)
        throw ShapeError(fmt::format("a picture needs a tensor [C, H, W], found one of {} dimensions and {} values", pixels.dim(), pixels.numel()));
    const at::Tensor values = pixels.detach().to(at::kCPU, at::kFloat).permute({1, 2, 0}).contiguous();
    Image image{static_cast<int>(pixels.size(2)), static_cast<int>(pixels.size(1)), static_cast<int>(pixels.size(0)), {}};
    image.pixels.resize(static_cast<std::size_t>(values.numel()));
    const float* from = values.data_ptr<float>();
    for (std::uint8_t& to : image.pixels) {
        const float value = *from++;
        to = !(value > 0) ? std::uint8_t{0} : value >= 1 ? std::uint8_t{255} : static_cast<std::uint8_t>(std::lround(value * 255));
    }
    return image;
}

Image withChannels(const Image& image, int channels) {
    if (image.channels == channels) return image;
    const auto size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    Image result{image.width, image.height, channels, std::vector<std::uint8_t>(size * static_cast<std::size_t>(channels))};
    const std::uint8_t* from = image.pixels.data();
    if (image.channels == 1 && channels == 3) {
        for (std::size_t i = 0; i < result.pixels.size(); ++i) result.pixels[i] = from[i / 3];
    } else if (image.channels == 3 && channels == 1) {
        for (std::size_t i = 0; i < size; ++i)
            result.pixels[i] = static_cast<std::uint8_t>((299 * from[3 * i] + 587 * from[3 * i + 1] + 114 * from[3 * i + 2] + 500) / 1000);
    } else {
        throw DataError(fmt::format("a picture of {} channels, expected {}; only grey and colour can be converted", image.channels, channels));
    }
    return result;
}

}  // namespace maskscope
