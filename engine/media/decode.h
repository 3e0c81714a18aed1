#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "media/decoded_image.h"
#include "media/image_header.h"
#include "media/picture_region.h"

namespace maskscope {

/// More pixels than this in one picture are taken for a damaged or hostile file.
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 28;

struct DecodeOptions {
    /// The side in pixels that the picture will be used at; 0: unknown. A JPEG whose shorter side is at least 8, 16 or 32
    /// times as long is decoded at half, a quarter or an eighth of its size, which is several times as fast.
    int usedSidePx = 0;
};

/// Decodes a picture. Grey, RGB and many-channel files keep their channels; a palette becomes RGB; alpha is composed on the
/// mean colour of the opaque pixels; 16 bits stay 16 bits; EXIF orientation is applied. What the file is called does not
/// matter, only its content. Thread-safe; libjpeg may warn on stderr.
/// @param name  of the file, for messages
/// @throws DataError if the bytes are no picture, cut off, damaged or absurdly large
DecodedImage decodeImage(std::string_view bytes, const std::string& name, const DecodeOptions& options = {});

/// The part of a picture that `choose` asks for, with the pixels that the whole decoded picture has there; of JPEGs, only that
/// part is decoded. Where PictureRegion::shrink allows it, JPEGs are decoded at a half, a quarter or an eighth of their size,
/// which is faster and gives other pixels.
/// @param choose  called once, with the picture's size; not called where the file is refused by its header
/// @return as much of the picture as was asked for, or more
PictureWindow decodeRegion(std::string_view bytes, const std::string& name, const DecodeOptions& options, const RegionChooser& choose);

/// @throws FileError if the file cannot be read, else as decodeImage
DecodedImage readImageFile(const std::filesystem::path& file, const DecodeOptions& options = {});

}  // namespace maskscope
