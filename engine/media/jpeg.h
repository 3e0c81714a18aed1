#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "media/picture_region.h"

namespace maskscope {

/// Decodes the part of a JPEG that is asked for, straight through libjpeg: rows below the part are never decoded, and blocks
/// beside it never turned into pixels. The pixels are those of the whole decoded picture, bit for bit. Each thread keeps a
/// decoder and its memory.
/// @param eighths  1 to 8: the picture is decoded at this many eighths of its size
/// @param choose   called once with the size at that scale; where `shrink` allows it, a half, a quarter or an eighth of that is decoded
/// @return nothing for what is left to others, such as CMYK. EXIF orientation is not looked at
/// @throws DataError if the file is damaged
std::optional<PictureWindow> decodeJpeg(std::string_view bytes, const std::string& name, int eighths, const RegionChooser& choose);

}  // namespace maskscope
