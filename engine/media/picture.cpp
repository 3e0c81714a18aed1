#include "media/picture.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "core/files.h"
#include "media/opencv_setup.h"
#include "media/tensor_image.h"

namespace maskscope {
namespace {

constexpr int kLabelHeightPx = 18;
constexpr double kFontScale = 0.42;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

cv::Scalar color(const std::array<std::uint8_t, 3>& rgb) { return {double(rgb[0]), double(rgb[1]), double(rgb[2])}; }

cv::Mat viewOf(Image& image) { return {image.height, image.width, CV_MAKETYPE(CV_8U, image.channels), image.pixels.data()}; }

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

/// The label, cut to the cell's width.
void drawLabel(cv::Mat& sheet, const Tile& tile, const SheetStyle& style, int left, int top, int width) {
    std::string text = tile.label;
    int baseline = 0;
    while (text.size() > 1 && cv::getTextSize(text, kFont, kFontScale, 1, &baseline).width > width - 2) text.pop_back();
    if (tile.warning) cv::rectangle(sheet, cv::Rect(left, top + 1, width, kLabelHeightPx - 3), color({176, 32, 32}), cv::FILLED);
    cv::putText(sheet, text, {left + 2, top + kLabelHeightPx - 6}, kFont, kFontScale, tile.warning ? color({255, 255, 255}) : color(style.text), 1,
                cv::LINE_AA);
}

}  // namespace

std::string encodePng(const Image& image) {
    const auto values = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.channels);
    if (image.empty() || image.pixels.size() != values || (image.channels != 1 && image.channels != 3 && image.channels != 4))
        throw ShapeError(fmt::format("a PNG of {} x {} pixels, {} channels and {} values: expected 1, 3 or 4 channels and {} values", image.width,
                                     image.height, image.channels, image.pixels.size(), values));
    setUpOpenCv();
    Image copy = image;
    cv::Mat mat = viewOf(copy);
    if (image.channels == 3) cv::cvtColor(mat, mat, cv::COLOR_RGB2BGR);
    if (image.channels == 4) cv::cvtColor(mat, mat, cv::COLOR_RGBA2BGRA);
    std::vector<unsigned char> bytes;
    cv::imencode(".png", mat, bytes);
    return {bytes.begin(), bytes.end()};
}

void writePng(const std::filesystem::path& file, const Image& image) { writeFileAtomically(file, encodePng(image)); }

Image contactSheet(std::span<const Tile> tiles, const SheetStyle& style) {
    if (tiles.empty() || style.scale < 1) throw ShapeError("a contact sheet without pictures; expected at least one");
    setUpOpenCv();
    const SheetLayout layout = layOut(tiles, style);
    Image result{layout.width, layout.rowTops.back(), 3, {}};
    result.pixels.resize(static_cast<std::size_t>(result.width) * static_cast<std::size_t>(result.height) * 3);
    cv::Mat sheet = viewOf(result);
    sheet = color(style.background);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        if (tiles[i].image.channels != 1 && tiles[i].image.channels != 3)
            throw ShapeError(fmt::format("picture {} of a contact sheet has {} channels, expected 1 or 3", i, tiles[i].image.channels));
        const int row = static_cast<int>(i) / layout.columns, column = static_cast<int>(i) % layout.columns;
        const int left = style.gapPx + column * (layout.cellWidth + style.gapPx), top = layout.rowTops[static_cast<std::size_t>(row)];
        Image picture = withChannels(tiles[i].image, 3);
        const int scale = std::max(1, std::min(layout.cellWidth / picture.width, layout.cellHeight / picture.height));
        cv::Mat place = sheet(cv::Rect(left, top, picture.width * scale, picture.height * scale));
        cv::resize(viewOf(picture), place, place.size(), 0, 0, cv::INTER_NEAREST);
        if (!tiles[i].label.empty()) drawLabel(sheet, tiles[i], style, left, top - kLabelHeightPx, layout.cellWidth);
    }
    return result;
}

}  // namespace maskscope
