#pragma once

#include <string>

#include "core/image.h"

namespace maskscope {

/// A PNG of 8 bits a channel (ISO/IEC 15948), each row as differences from the pixel to the left.
/// @param image  1, 3 or 4 channels
std::string pngBytes(const Image& image);

}  // namespace maskscope
