#include "widgets/pictures/image_conversion.h"

#include <cstring>

namespace maskscope {
namespace {

void copyRows(const Image& image, QImage& target) {
    const std::size_t row = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
    for (int y = 0; y < image.height; ++y) std::memcpy(target.scanLine(y), image.pixels.data() + image.offset(0, y), row);
}

QImage greyWithOpacity(const Image& image) {
    QImage target(image.width, image.height, QImage::Format_ARGB32);
    for (int y = 0; y < image.height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(target.scanLine(y));
        for (int x = 0; x < image.width; ++x) {
            const std::uint8_t* pixel = image.pixels.data() + image.offset(x, y);
            line[x] = qRgba(pixel[0], pixel[0], pixel[0], pixel[1]);
        }
    }
    return target;
}

QImage firstThree(const Image& image) {
    QImage target(image.width, image.height, QImage::Format_RGB32);
    for (int y = 0; y < image.height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(target.scanLine(y));
        for (int x = 0; x < image.width; ++x) {
            const std::uint8_t* pixel = image.pixels.data() + image.offset(x, y);
            line[x] = qRgb(pixel[0], pixel[1], pixel[2]);
        }
    }
    return target;
}

}  // namespace

QImage toQImage(const Image& image) {
    if (image.width <= 0 || image.height <= 0 || image.channels <= 0) return {};
    if (image.pixels.size() != image.offset(0, image.height)) return {};
    switch (image.channels) {
        case 1: {
            QImage target(image.width, image.height, QImage::Format_Grayscale8);
            copyRows(image, target);
            return target;
        }
        case 2:
            return greyWithOpacity(image).convertToFormat(QImage::Format_ARGB32_Premultiplied);
        case 4: {
            QImage target(image.width, image.height, QImage::Format_RGBA8888);
            copyRows(image, target);
            return target.convertToFormat(QImage::Format_ARGB32_Premultiplied);
        }
        default:
            return firstThree(image);  // RGB32 is what painting is fastest with
    }
}

}  // namespace maskscope
