#include "media/picture.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "media/png_writer.h"
#include "media/sheet_text.h"
#include "media/tensor_image.h"

namespace maskscope {
namespace {

constexpr int kLabelHeightPx = 18;
constexpr std::array<std::uint8_t, 3> kWarning{176, 32, 32}, kOnWarning{255, 255, 255};

std::ptrdiff_t offsetOf(const Image& image, int x, int y) { return static_cast<std::ptrdiff_t>(image.offset(x, y)); }

struct Area {
    int left, top, width, height;
};

void fill(Image& sheet, const Area& area, const std::array<std::uint8_t, 3>& rgb) {
    for (int y = area.top; y < area.top + area.height; ++y)
        for (int x = area.left; x < area.left + area.width; ++x) std::copy(rgb.begin(), rgb.end(), sheet.pixels.begin() + offsetOf(sheet, x, y));
}

/// Every pixel becomes a square of `scale` pixels.
void paste(const Image& picture, int scale, int left, int top, Image& sheet) {
    for (int y = 0; y < picture.height * scale; ++y)
        for (int x = 0; x < picture.width * scale; ++x)
            std::copy_n(picture.pixels.begin() + offsetOf(picture, x / scale, y / scale), 3,
                        sheet.pixels.begin() + offsetOf(sheet, left + x, top + y));
}

struct SheetLayout {
    int columns, rows, cellWidth, cellHeight;
    std::vector<int> rowTops;  // of the pictures; one more: the sheet's height
    int width;
};

SheetLayout layOut(std::span<const Tile> tiles, const SheetStyle& style) {
    const int count = static_cast<int>(tiles.size());
    SheetLayout layout{};
    layout.columns = std::clamp(style.columns <= 0 ? count : style.columns, 1, count);
    layout.rows = (count + layout.columns - 1) / layout.columns;
    for (const Tile& tile : tiles) {
        layout.cellWidth = std::max(layout.cellWidth, tile.image.width * style.scale);
        layout.cellHeight = std::max(layout.cellHeight, tile.image.height * style.scale);
    }
    int top = style.gapPx;
    for (int row = 0; row < layout.rows; ++row) {
        const auto first = tiles.begin() + row * layout.columns, last = tiles.begin() + std::min(count, (row + 1) * layout.columns);
        if (std::any_of(first, last, [](const Tile& tile) { return !tile.label.empty(); })) top += kLabelHeightPx;
        layout.rowTops.push_back(top);
        top += layout.cellHeight + style.gapPx;
    }
    layout.rowTops.push_back(top);
    layout.width = style.gapPx + layout.columns * (layout.cellWidth + style.gapPx);
    return layout;
}

}  // namespace

std::string encodePng(const Image& image) {
    const auto values = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.channels);
    if (image.empty() || image.pixels.size() != values || (image.channels != 1 && image.channels != 3 && image.channels != 4))
        throw ShapeError(fmt::format("a PNG of {} x {} pixels, {} channels and {} values: expected 1, 3 or 4 channels and {} values", image.width,
                                     image.height, image.channels, image.pixels.size(), values));
    return pngBytes(image);
}

void writePng(const std::filesystem::path& file, const Image& image) { writeFileAtomically(file, encodePng(image)); }

Image contactSheet(std::span<const Tile> tiles, const SheetStyle& style) {
    if (tiles.empty() || style.scale < 1) throw ShapeError("a contact sheet without pictures; expected at least one");
    const SheetLayout layout = layOut(tiles, style);
    Image sheet{layout.width, layout.rowTops.back(), 3, {}};
    sheet.pixels.resize(static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height) * 3);
    fill(sheet, {0, 0, sheet.width, sheet.height}, style.background);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        if (tiles[i].image.channels != 1 && tiles[i].image.channels != 3)
            throw ShapeError(fmt::format("picture {} of a contact sheet has {} channels, expected 1 or 3", i, tiles[i].image.channels));
        const int row = static_cast<int>(i) / layout.columns, column = static_cast<int>(i) % layout.columns;
        const int left = style.gapPx + column * (layout.cellWidth + style.gapPx), top = layout.rowTops[static_cast<std::size_t>(row)];
        const Image picture = withChannels(tiles[i].image, 3);
        paste(picture, std::max(1, std::min(layout.cellWidth / picture.width, layout.cellHeight / picture.height)), left, top, sheet);
        if (tiles[i].label.empty()) continue;
        if (tiles[i].warning) fill(sheet, {left, top - kLabelHeightPx + 1, layout.cellWidth, kLabelHeightPx - 3}, kWarning);
        drawSheetText(sheet, tiles[i].label, left + 2, top - 6, layout.cellWidth - 4, tiles[i].warning ? kOnWarning : style.text);
    }
    return sheet;
}

}  // namespace maskscope
