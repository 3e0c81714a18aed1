#include "media/image_header.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include <fmt/format.h>

#include "media/npy.h"
#include "media/png_chunks.h"
#include "media/tiff.h"

namespace maskscope {
namespace {

std::uint32_t byteAt(std::string_view bytes, std::size_t at) { return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U; }
std::uint32_t little(std::string_view b, std::size_t at) {
    return byteAt(b, at) | byteAt(b, at + 1) << 8 | byteAt(b, at + 2) << 16 | byteAt(b, at + 3) << 24;
}
std::uint32_t big(std::string_view b, std::size_t at) {
    return byteAt(b, at) << 24 | byteAt(b, at + 1) << 16 | byteAt(b, at + 2) << 8 | byteAt(b, at + 3);
}
std::uint32_t big16(std::string_view b, std::size_t at) { return byteAt(b, at) << 8 | byteAt(b, at + 1); }

constexpr std::string_view kExifStart("Exif\0\0", 6);

/// Walks a JPEG's segments up to its first scan. @return where the scan begins, or npos
std::size_t walkJpeg(std::string_view bytes, ImageHeader& header) {
    std::size_t at = 2;
    while (at + 4 <= bytes.size()) {
        if (byteAt(bytes, at) != 0xFF) return std::string_view::npos;
        const std::uint32_t marker = byteAt(bytes, at + 1);
        if (marker == 0xFF) {  // padding
            ++at;
            continue;
        }
        const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame) {
            header.bits = 8;
            header.height = big16(bytes, at + 5);
            header.width = big16(bytes, at + 7);
            header.channels = byteAt(bytes, at + 9) == 1 ? 1 : 3;
        }
        const std::size_t next = at + 2 + big16(bytes, at + 2);
        if (marker == 0xE1 && bytes.substr(at + 4, kExifStart.size()) == kExifStart && next <= bytes.size())
            header.orientation =
                static_cast<int>(readTiffTags(bytes.substr(at + 4 + kExifStart.size(), next - at - 4 - kExifStart.size())).orientation);
        if (marker == 0xDA) return next;
        at = next;
    }
    return std::string_view::npos;
}

void readPngHeader(std::string_view bytes, ImageHeader& header) {
    static constexpr std::array<int, 7> kChannels{1, 0, 3, 3, 4, 0, 4};  // by colour type
    header.width = big(bytes, 16);
    header.height = big(bytes, 20);
    header.bits = byteAt(bytes, 24) == 16 ? 16 : 8;
    const std::uint32_t type = byteAt(bytes, 25);
    header.channels = type < kChannels.size() ? kChannels[type] : 0;
}

void readBmpHeader(std::string_view bytes, ImageHeader& header) {
    header.width = static_cast<std::int32_t>(little(bytes, 18));
    header.height = std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(little(bytes, 22))));
    header.channels = 3;
    header.bits = 8;
}

void readWebpHeader(std::string_view bytes, ImageHeader& header) {
    header.bits = 8;
    const std::string_view kind = bytes.substr(12, 4);
    if (kind == "VP8 ") {
        header.width = little(bytes, 26) & 0x3FFF;
        header.height = little(bytes, 28) & 0x3FFF;
        header.channels = 3;
    } else if (kind == "VP8L") {
        const std::uint32_t packed = little(bytes, 21);
        header.width = (packed & 0x3FFF) + 1;
        header.height = (packed >> 14 & 0x3FFF) + 1;
        header.channels = 4;
    } else if (kind == "VP8X") {
        header.width = (little(bytes, 24) & 0xFFFFFF) + 1;
        header.height = (little(bytes, 27) & 0xFFFFFF) + 1;
        header.channels = (byteAt(bytes, 20) & 0x10) != 0 ? 4 : 3;
    }
}

/// The two or three numbers behind "P5": width, height (comments may stand between).
void readPnmHeader(std::string_view bytes, ImageHeader& header) {
    std::array<std::int64_t, 2> numbers{};
    std::size_t at = 2;
    for (std::int64_t& number : numbers) {
        while (at < bytes.size() && (std::isspace(static_cast<unsigned char>(bytes[at])) != 0 || bytes[at] == '#'))
            at = bytes[at] == '#' ? std::min(bytes.find('\n', at), bytes.size()) : at + 1;
        for (; at < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[at])) != 0 && number < 1'000'000'000; ++at)
            number = number * 10 + (bytes[at] - '0');
    }
    header.width = numbers[0];
    header.height = numbers[1];
    header.channels = bytes[1] == '3' || bytes[1] == '6' ? 3 : 1;
}

bool startsWith(std::string_view bytes, std::string_view start) { return bytes.substr(0, start.size()) == start; }

std::string bmpReason(std::string_view bytes, const ImageHeader& header) {
    if (little(bytes, 30) != 0) return {};  // compressed: OpenCV notices
    const std::uint64_t row = (static_cast<std::uint64_t>(std::max<std::int64_t>(header.width, 0)) * (little(bytes, 28) & 0xFFFF) + 31) / 32 * 4;
    const std::uint64_t expected = little(bytes, 10) + row * static_cast<std::uint64_t>(header.height);
    return bytes.size() >= expected ? std::string() : fmt::format("it has {} bytes, its header announces {}", bytes.size(), expected);
}

}  // namespace

ImageHeader readImageHeader(std::string_view bytes) {
    ImageHeader header;
    if (startsWith(bytes, "\xFF\xD8\xFF")) {
        header.format = "jpeg";
        walkJpeg(bytes, header);
    } else if (startsWith(bytes, kPngSignature)) {
        header.format = "png";
        readPngHeader(bytes, header);
    } else if (startsWith(bytes, "BM") && bytes.size() >= 26 && little(bytes, 14) <= 256) {
        header.format = "bmp";
        readBmpHeader(bytes, header);
    } else if (startsWith(bytes, std::string_view("II*\0", 4)) || startsWith(bytes, std::string_view("MM\0*", 4))) {
        header.format = "tiff";
        const TiffTags tags = readTiffTags(bytes);
        header.width = tags.width;
        header.height = tags.height;
        header.channels = static_cast<int>(tags.samples);
        header.bits = static_cast<int>(tags.bits);
    } else if (startsWith(bytes, "RIFF") && bytes.size() >= 16 && bytes.substr(8, 4) == "WEBP") {
        header.format = "webp";
        readWebpHeader(bytes, header);
    } else if (startsWith(bytes, kNpySignature)) {
        header.format = "npy";
    } else if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && std::isspace(static_cast<unsigned char>(bytes[2])) != 0) {
        header.format = "pnm";
        readPnmHeader(bytes, header);
    }
    return header;
}

std::string incompleteReason(std::string_view bytes, const ImageHeader& header) {
    if (header.format == "jpeg") {
        ImageHeader ignored;
        const std::size_t scan = walkJpeg(bytes, ignored);
        if (scan == std::string_view::npos || scan >= bytes.size()) return "the JPEG ends before its first scan";
        // Inside a scan 0xFF is followed by 0 or a restart marker, so that this finds the end marker alone (and not the one of
        // a thumbnail in the segments before).
        return bytes.substr(scan).rfind("\xFF\xD9") == std::string_view::npos ? "the JPEG has no end-of-image marker" : std::string();
    }
    if (header.format == "png") return pngDamage(bytes);
    if (header.format == "bmp") return bmpReason(bytes, header);
    if (header.format == "tiff") return tiffDamage(bytes);
    if (header.format == "webp" && bytes.size() < little(bytes, 4) + 8ULL)
        return fmt::format("it has {} bytes, its header announces {}", bytes.size(), little(bytes, 4) + 8ULL);
    return {};
}

bool hasImageExtension(std::string_view name) {
    static constexpr std::array<std::string_view, 10> kExtensions{"jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp", "ppm", "pgm", "npy"};
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return false;
    std::string extension(name.substr(dot + 1));
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace maskscope
