#include "media/decoded_image.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

/// Moves a vector to shared ownership without copying its values.
template <typename T>
std::shared_ptr<const T> shared(int width, int height, int channels, std::vector<T> pixels) {
    const auto expected = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * static_cast<std::size_t>(channels);
    if (pixels.size() != expected)
        throw ShapeError(fmt::format("image of {} x {} x {}: {} values, expected {}", width, height, channels, pixels.size(), expected));
    auto owner = std::make_shared<const std::vector<T>>(std::move(pixels));
    const T* first = owner->data();
    return {std::move(owner), first};
}

}  // namespace

DecodedImage::DecodedImage(int width, int height, int channels, std::vector<std::uint8_t> pixels)
    : DecodedImage(width, height, channels, shared(width, height, channels, std::move(pixels))) {}

DecodedImage::DecodedImage(int width, int height, int channels, std::vector<std::uint16_t> pixels)
    : DecodedImage(width, height, channels, shared(width, height, channels, std::move(pixels))) {}

DecodedImage::DecodedImage(int width, int height, int channels, std::shared_ptr<const std::uint8_t> pixels)
    : width_(width), height_(height), channels_(channels), pixels8_(std::move(pixels)) {}

DecodedImage::DecodedImage(int width, int height, int channels, std::shared_ptr<const std::uint16_t> pixels)
    : width_(width), height_(height), channels_(channels), pixels16_(std::move(pixels)) {}

std::size_t DecodedImage::values() const {
    return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * static_cast<std::size_t>(channels_);
}

Image toImage(const DecodedImage& image) {
    Image result{image.width(), image.height(), image.channels(), std::vector<std::uint8_t>(image.values())};
    if (image.bits() == 8)
        std::copy_n(image.pixels8(), image.values(), result.pixels.begin());
    else
        std::transform(image.pixels16(), image.pixels16() + image.values(), result.pixels.begin(),
                       [](std::uint16_t value) { return static_cast<std::uint8_t>((value + 128) / 257); });
    return result;
}

DecodedImage toDecoded(Image image) { return {image.width, image.height, image.channels, std::move(image.pixels)}; }

}  // namespace maskscope
