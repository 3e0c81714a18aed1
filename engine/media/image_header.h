#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace maskscope {

/// What the first bytes of an encoded image say, without decoding it.
struct ImageHeader {
    std::string format;                  // "jpeg", "png", "bmp", "tiff", "webp", "pnm", "npy"; empty: none of them
    std::int64_t width = 0, height = 0;  // pixels before any EXIF rotation; 0 where only decoding tells
    int channels = 0;                    // as stored (4 with alpha); 0 where unknown
    int bits = 0;                        // a value; 0 where unknown
    int orientation = 1;                 // of a JPEG, as its EXIF segment numbers it; 1: as stored

    bool isImage() const { return !format.empty(); }
};

/// Never throws; unreadable fields stay 0.
ImageHeader readImageHeader(std::string_view bytes);

/// Tells a file that was cut off from a whole one by its container (end-of-image marker, IEND chunk with sound checksums,
/// lengths in the header). @return the reason in words, or an empty string for a whole file
std::string incompleteReason(std::string_view bytes, const ImageHeader& header);

/// By its extension, any case: jpg jpeg png bmp tif tiff webp ppm pgm npy.
bool hasImageExtension(std::string_view name);

/// The readable forms, for messages.
inline constexpr const char* kImageFormats = "JPEG, PNG, BMP, TIFF, WebP, PNM or .npy";

}  // namespace maskscope
