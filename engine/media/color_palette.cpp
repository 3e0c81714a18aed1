#include "media/color_palette.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace maskscope {
namespace {

constexpr std::size_t kMostColors = 256;

using Color = std::array<std::uint8_t, 3>;

/// A colour of the picture and how many pixels have it.
struct Counted {
    Color color;
    std::int64_t pixels;
};

std::uint32_t keyOf(const Color& color) { return static_cast<std::uint32_t>(color[0] << 16 | color[1] << 8 | color[2]); }

Color colorAt(const Image& image, std::size_t pixel) {
    const std::uint8_t* values = image.pixels.data() + pixel * static_cast<std::size_t>(image.channels);
    return image.channels == 1 ? Color{values[0], values[0], values[0]} : Color{values[0], values[1], values[2]};
}

/// A part of the list of colours.
struct Box {
    std::size_t begin, end;
    std::size_t channel = 0;  // the widest
    int width = 0;            // of that channel

    Box(const std::vector<Counted>& colors, std::size_t first, std::size_t last) : begin(first), end(last) {
        for (std::size_t c = 0; c < 3; ++c) {
            const auto [low, high] =
                std::minmax_element(colors.begin() + static_cast<std::ptrdiff_t>(begin), colors.begin() + static_cast<std::ptrdiff_t>(end),
                                    [c](const Counted& a, const Counted& b) { return a.color[c] < b.color[c]; });
            if (high->color[c] - low->color[c] <= width) continue;
            width = high->color[c] - low->color[c];
            channel = c;
        }
    }
};

/// Where to halve a sorted box: half of its pixels on each side, at least one colour.
std::size_t medianOf(const std::vector<Counted>& colors, const Box& box) {
    std::int64_t all = 0, below = 0;
    for (std::size_t i = box.begin; i < box.end; ++i) all += colors[i].pixels;
    for (std::size_t i = box.begin; i + 1 < box.end; ++i) {
        below += colors[i].pixels;
        if (2 * below >= all) return i + 1;
    }
    return box.end - 1;
}

Color meanOf(const std::vector<Counted>& colors, const Box& box) {
    std::array<std::int64_t, 3> sums{};
    std::int64_t pixels = 0;
    for (std::size_t i = box.begin; i < box.end; ++i) {
        for (std::size_t c = 0; c < 3; ++c) sums[c] += colors[i].color[c] * colors[i].pixels;
        pixels += colors[i].pixels;
    }
    Color mean{};
    for (std::size_t c = 0; c < 3; ++c) mean[c] = static_cast<std::uint8_t>((sums[c] + pixels / 2) / pixels);
    return mean;
}

std::vector<Box> cut(std::vector<Counted>& colors) {
    std::vector<Box> boxes{Box(colors, 0, colors.size())};
    while (boxes.size() < kMostColors) {
        const auto widest = std::max_element(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.width < b.width; });
        if (widest->width == 0) break;
        const Box box = *widest;
        std::sort(colors.begin() + static_cast<std::ptrdiff_t>(box.begin), colors.begin() + static_cast<std::ptrdiff_t>(box.end),
                  [c = box.channel](const Counted& a, const Counted& b) { return a.color[c] < b.color[c]; });
        const std::size_t middle = medianOf(colors, box);
        *widest = Box(colors, box.begin, middle);
        boxes.emplace_back(colors, middle, box.end);
    }
    return boxes;
}

}  // namespace

PalettePicture toPalette(const Image& image) {
    const std::size_t pixels = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    std::map<std::uint32_t, Counted> counts;  // in order, so that equal pictures give equal palettes
    for (std::size_t i = 0; i < pixels; ++i) {
        const Color color = colorAt(image, i);
        ++counts.try_emplace(keyOf(color), Counted{color, 0}).first->second.pixels;
    }
    std::vector<Counted> colors;
    for (const auto& item : counts) colors.push_back(item.second);
    PalettePicture picture;
    std::unordered_map<std::uint32_t, std::uint8_t> indexOf;
    for (const Box& box : cut(colors)) {
        for (std::size_t i = box.begin; i < box.end; ++i) indexOf[keyOf(colors[i].color)] = static_cast<std::uint8_t>(picture.palette.size());
        picture.palette.push_back(meanOf(colors, box));
    }
    picture.indices.reserve(pixels);
    for (std::size_t i = 0; i < pixels; ++i) picture.indices.push_back(indexOf.at(keyOf(colorAt(image, i))));
    return picture;
}

}  // namespace maskscope
