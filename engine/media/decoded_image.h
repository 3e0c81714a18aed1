#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/image.h"

namespace maskscope {

/// An image as its file holds it: 8 or 16 bits a value, any number of channels, interleaved (R, G, B order for three),
/// row by row. The pixels never change, and copies share them, so that passing one by value costs nothing.
/// Thread-safe, as all of it is constant.
class DecodedImage {
public:
    DecodedImage() = default;
    /// @param pixels  height * width * channels values. @throws ShapeError if there are more or fewer
    DecodedImage(int width, int height, int channels, std::vector<std::uint8_t> pixels);
    DecodedImage(int width, int height, int channels, std::vector<std::uint16_t> pixels);
    /// Pixels inside a larger storage, which the pointers keep alive.
    DecodedImage(int width, int height, int channels, std::shared_ptr<const std::uint8_t> pixels);
    DecodedImage(int width, int height, int channels, std::shared_ptr<const std::uint16_t> pixels);

    int width() const { return width_; }    // pixels
    int height() const { return height_; }  // pixels
    int channels() const { return channels_; }
    int bits() const { return pixels16_ ? 16 : 8; }
    bool empty() const { return !pixels8_ && !pixels16_; }
    /// Values, not bytes: height * width * channels.
    std::size_t values() const;
    std::size_t bytes() const { return values() * (pixels16_ ? 2 : 1); }

    /// Null where the other width is stored.
    const std::uint8_t* pixels8() const { return pixels8_.get(); }
    const std::uint16_t* pixels16() const { return pixels16_.get(); }

    /// The file had an alpha channel; the image was laid over the mean colour of its opaque pixels.
    bool alphaComposed() const { return alphaComposed_; }
    void setAlphaComposed(bool composed) { alphaComposed_ = composed; }

private:
    int width_ = 0, height_ = 0, channels_ = 0;
    bool alphaComposed_ = false;
    std::shared_ptr<const std::uint8_t> pixels8_;
    std::shared_ptr<const std::uint16_t> pixels16_;
};

/// For showing: 16-bit values are divided by 257 and rounded.
Image toImage(const DecodedImage& image);
DecodedImage toDecoded(Image image);

}  // namespace maskscope
