#include "media/png_writer.h"

#include <cstdint>
#include <string_view>

#include <zlib.h>

#include "media/png_chunks.h"

namespace maskscope {
namespace {

std::string big(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFFU);
    return bytes;
}

std::string chunk(std::string_view type, std::string_view data) {
    std::string checked(type);
    checked += data;
    const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
    return big(static_cast<std::uint32_t>(data.size())) + checked + big(static_cast<std::uint32_t>(sum));
}

/// Each row behind the number of its filter: 1, differences from the left.
std::string filteredRows(const Image& image) {
    const auto step = static_cast<std::size_t>(image.channels), width = static_cast<std::size_t>(image.width) * step;
    std::string rows;
    rows.reserve((width + 1) * static_cast<std::size_t>(image.height));
    for (std::size_t row = 0; row < static_cast<std::size_t>(image.height); ++row) {
        const std::uint8_t* pixels = image.pixels.data() + row * width;
        rows += '\1';
        for (std::size_t i = 0; i < width; ++i) rows += static_cast<char>(pixels[i] - (i < step ? 0 : pixels[i - step]));
    }
    return rows;
}

std::string compressed(const std::string& bytes) {
    constexpr int kLevel = 3;
    uLongf size = compressBound(static_cast<uLong>(bytes.size()));
    std::string packed(size, '\0');
    compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), kLevel);
    packed.resize(size);
    return packed;
}

}  // namespace

std::string pngBytes(const Image& image) {
    const char kind = image.channels == 1 ? '\0' : image.channels == 3 ? '\2' : '\6';
    std::string header = big(static_cast<std::uint32_t>(image.width)) + big(static_cast<std::uint32_t>(image.height));
    header += '\10';  // bits a channel
    header += kind;
    header += std::string(3, '\0');  // the usual compression, filters and order
    return std::string(kPngSignature) + chunk("IHDR", header) + chunk("IDAT", compressed(filteredRows(image))) + chunk("IEND", {});
}

}  // namespace maskscope
