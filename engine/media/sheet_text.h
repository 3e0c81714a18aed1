#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/image.h"

namespace maskscope {

/// Writes a line into a picture with 3 channels, by OpenCV; a program that was built without it writes none (sheet_text_missing.cpp).
/// @param bottom    of letters without tails
/// @param widthPx   what goes beyond it is left out
void drawSheetText(Image& sheet, std::string text, int left, int bottom, int widthPx, const std::array<std::uint8_t, 3>& rgb);

}  // namespace maskscope
