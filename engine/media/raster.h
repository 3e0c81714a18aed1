#pragma once

#include <string>
#include <string_view>

#include "media/decoded_image.h"

namespace maskscope {

/// What the header of a picture says of its pixels.
struct RasterForm {
    int reduction = 1;  // 2, 4, 8: each side is that much shorter, JPEGs alone
    bool channelsEndWithAlpha = false;
    bool composesAlpha = false;  // over the mean of the opaque pixels
};

/// Decodes PNG, WebP, BMP, most TIFFs and unusual JPEGs, by OpenCV. A program that was built without it cannot (raster_missing.cpp).
/// @param name  for messages
/// @throws DataError if the bytes cannot be decoded
DecodedImage decodeRaster(std::string_view bytes, const std::string& name, const RasterForm& form);

}  // namespace maskscope
