#include "media/decode.h"

#include <algorithm>
#include <limits>
#include <new>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "media/jpeg.h"
#include "media/npy.h"
#include "media/png_chunks.h"
#include "media/raster.h"
#include "media/tiff.h"

namespace maskscope {
namespace {

/// The first characters of a file, for a message.
std::string beginning(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 12)) text += c >= ' ' && c <= '~' ? c : '.';
    return text;
}

int reductionFor(const ImageHeader& header, int usedSidePx) {
    if (header.format != "jpeg" || usedSidePx <= 0) return 1;
    const std::int64_t shorter = std::min(header.width, header.height);
    int reduction = 1;
    while (reduction < 8 && shorter >= std::int64_t{8} * reduction * usedSidePx) reduction *= 2;
    return reduction;
}

/// Whether the stored channels end with alpha (a palette may carry transparency too).
bool mayHaveAlpha(std::string_view bytes, const ImageHeader& header) {
    if (header.format == "png") return header.channels == 4 || bytes.substr(0, bytes.find("IDAT")).find("tRNS") != std::string_view::npos;
    return header.format == "webp" && header.channels == 4;
}

/// @throws DataError if the bytes are no picture, cut off or absurdly large, as far as can be told without decoding
ImageHeader checkedHeader(std::string_view bytes, const std::string& name) {
    if (bytes.empty()) throw DataError(fmt::format("{}: empty, expected a picture ({}); replace the file", name, kImageFormats));
    const ImageHeader header = readImageHeader(bytes);
    if (!header.isImage())
        throw DataError(fmt::format("{}: not a picture (it begins with '{}'), expected {}", name, beginning(bytes), kImageFormats));
    if (header.format == "npy") return header;
    if (header.width > kMaxImagePixels || header.height > kMaxImagePixels || header.width * header.height > kMaxImagePixels)
        throw DataError(
            fmt::format("{}: {} x {} pixels, expected at most {} in all; scale it down", name, header.width, header.height, kMaxImagePixels));
    if (const std::string reason = incompleteReason(bytes, header); !reason.empty())
        throw DataError(fmt::format("{}: incomplete or damaged: {}; replace the file", name, reason));
    if (header.width <= 0 || header.height <= 0)
        throw DataError(fmt::format("{}: {} x {} pixels, expected at least 1 x 1; replace the file", name, header.width, header.height));
    return header;
}

/// What needs no part of its own: anything but most JPEGs.
DecodedImage decodeWhole(std::string_view bytes, const std::string& name, const ImageHeader& header, int reduction) {
    if (header.format == "npy") return decodeNpyImage(bytes, name);
    if (header.format == "tiff") {
        const TiffTags tags = readTiffTags(bytes);
        if (tags.samples == 2 || tags.samples > 4) return decodeManyChannelTiff(bytes, tags, name);
        return decodeRaster(bytes, name, {.channelsEndWithAlpha = tags.samples == 4, .composesAlpha = tags.alpha});
    }
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw DataError(fmt::format("{}: {} bytes, expected less than 2 GiB; scale it down", name, bytes.size()));
    const bool alpha = mayHaveAlpha(bytes, header);
    const std::string png = header.format == "png" ? essentialPng(bytes) : std::string();
    return decodeRaster(png.empty() ? bytes : std::string_view(png), name,
                        {.reduction = reduction, .channelsEndWithAlpha = alpha, .composesAlpha = alpha});
}

}  // namespace

DecodedImage decodeImage(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
    return decodeRegion(bytes, name, {.usedSidePx = options.usedSidePx}, PictureRegion::whole).image;
}

PictureWindow decodeRegion(std::string_view bytes, const std::string& name, const DecodeOptions& options, const RegionChooser& choose) {
    const ImageHeader header = checkedHeader(bytes, name);
    const int reduction = header.channels == 3 ? reductionFor(header, options.usedSidePx) : 1;
    try {
        if (header.format == "jpeg" && header.orientation == 1)
            if (auto window = decodeJpeg(bytes, name, 8 / reduction, choose)) return *std::move(window);
        PictureWindow window = wholeWindow(decodeWhole(bytes, name, header, reduction));
        choose(window.fullWidth, window.fullHeight);
        return window;
    } catch (const std::bad_alloc&) {
        throw DataError(fmt::format("{}: not enough memory to decode it; replace the file or scale it down", name));
    }
}

DecodedImage readImageFile(const std::filesystem::path& file, const DecodeOptions& options) {
    return decodeImage(readFile(file), file.string(), options);
}

}  // namespace maskscope
