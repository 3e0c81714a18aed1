#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media/decoded_image.h"

namespace maskscope {

/// The fields of a TIFF's first picture that matter here.
struct TiffTags {
    std::int64_t width = 0, height = 0;  // pixels
    std::int64_t samples = 1;            // channels
    std::int64_t bits = 1;               // a value
    std::int64_t compression = 1;        // 1: none
    std::int64_t planar = 1;             // 1: interleaved, 2: one channel after the other
    std::int64_t sampleFormat = 1;       // 1: unsigned, 2: signed, 3: float
    std::int64_t orientation = 1;        // as EXIF numbers them; 1: as stored
    bool alpha = false;                  // the last channel is alpha
    bool bigEndian = false;
    std::vector<std::int64_t> stripOffsets, stripBytes;
};

/// Never throws; what cannot be read keeps its default.
TiffTags readTiffTags(std::string_view bytes);

/// @return why the file is not whole, in words, or an empty string
std::string tiffDamage(std::string_view bytes);

/// Pictures of 2 or more than 4 channels, which OpenCV refuses: uncompressed, in strips, 8 or 16 bits unsigned.
/// @throws DataError naming what is not supported
DecodedImage decodeManyChannelTiff(std::string_view bytes, const TiffTags& tags, const std::string& name);

}  // namespace maskscope
