#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/image.h"

namespace maskscope {

/// @param image  1, 3 or 4 (RGBA) channels
/// @throws ShapeError for other pictures
std::string encodePng(const Image& image);

/// Whole or not at all. @throws FileError if it cannot be written
void writePng(const std::filesystem::path& file, const Image& image);

/// One picture of a sheet, with the words above it.
struct Tile {
    Image image;           // 1 or 3 channels
    std::string label;     // one short line of ASCII; empty: none
    bool warning = false;  // the label is shown as a warning, light on red (such as LEAKS)
};

struct SheetStyle {
    int columns = 0;  // tiles a row; 0: all in one row
    int gapPx = 4;
    int scale = 1;  // each pixel becomes scale x scale pixels; labels stay as they are
    std::array<std::uint8_t, 3> background{24, 26, 30};
    std::array<std::uint8_t, 3> text{225, 228, 232};
};

/// Lays pictures out in a grid whose cells are as large as the largest picture, smaller ones enlarged by whole factors as far as they fit; a row of
/// labels is left out where none of its tiles has one. @return 3 channels. @throws ShapeError if there is no picture or one is not grey or RGB
Image contactSheet(std::span<const Tile> tiles, const SheetStyle& style = {});

}  // namespace maskscope
