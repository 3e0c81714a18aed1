#include "media/resample.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "media/resample_kernel.h"

namespace maskscope {
namespace {

enum class Channels { Same, Repeat, Luma };

Channels channelRule(int from, int to) {
    if (from == to) return Channels::Same;
    if (from == 1 && to == 3) return Channels::Repeat;
    if (from == 3 && to == 1) return Channels::Luma;
    throw DataError(fmt::format("a picture of {} channels, the input has {}; set input.channels = {}, or convert the pictures", from, to, from));
}

/// Memory that a thread uses again for each picture.
struct Scratch {
    AxisWeights columns, rows;
    std::vector<float> line, gathered;
    std::vector<const float*> taps;
};

/// Resamples one channel of a picture, or all three of a colour picture at once. Each source row is narrowed to the output's
/// columns once, when the first output row asks for it; a ring of as many rows as an output row needs keeps them.
template <typename T>
class RowRing {
public:
    /// @param channel  none: colour
    RowRing(Scratch& scratch, const T* pixels, const PictureWindow& window, std::optional<int> channel)
        : scratch_(scratch), pixels_(pixels), window_(window), color_(!channel), ring_(scratch.rows.taps) {
        const AxisWeights& columns = scratch_.columns;
        const std::size_t channels = static_cast<std::size_t>(window_.image.channels()), low = static_cast<std::size_t>(columns.low - window_.left);
        start_ = low * channels + static_cast<std::size_t>(channel.value_or(0));
        stride_ = static_cast<std::size_t>(window_.image.width()) * channels;
        step_ = color_ ? 1 : channels;
        count_ = static_cast<std::size_t>(columns.high - columns.low) * (color_ ? 3 : 1);
        rowSize_ = columns.first.size() * (color_ ? 4 : 1);
        scratch_.line.resize(count_ + 4);
        scratch_.gathered.resize(static_cast<std::size_t>(ring_) * rowSize_ + 4);
        scratch_.taps.resize(static_cast<std::size_t>(ring_));
        next_ = scratch_.rows.low;
    }

    /// What output row y is made of.
    resampling::Rows rowsOf(int y) {
        const auto at = static_cast<std::size_t>(y);
        const int first = scratch_.rows.first[at];
        next_ = std::max(next_, first);
        for (; next_ < first + ring_; ++next_) gather(next_);
        for (int tap = 0; tap < ring_; ++tap) scratch_.taps[static_cast<std::size_t>(tap)] = place(first + tap);
        return {scratch_.taps.data(), scratch_.rows.weights.data() + at * static_cast<std::size_t>(ring_), ring_,
                static_cast<int>(scratch_.columns.first.size())};
    }

private:
    float* place(int row) const { return scratch_.gathered.data() + static_cast<std::size_t>(row % ring_) * rowSize_; }

    void gather(int row) {
        const AxisWeights& columns = scratch_.columns;
        const T* from = pixels_ + static_cast<std::size_t>(row - window_.top) * stride_ + start_;
        resampling::widen(from, count_, step_, scratch_.line.data());
        const resampling::Columns plan{columns.first.data(), columns.weights.data(), columns.taps, static_cast<int>(columns.first.size()),
                                       columns.low};
        color_ ? resampling::gatherColor(scratch_.line.data(), plan, place(row)) : resampling::gatherGrey(scratch_.line.data(), plan, place(row));
    }

    Scratch& scratch_;
    const T* pixels_;
    const PictureWindow& window_;
    bool color_;
    int ring_, next_ = 0;
    std::size_t start_, stride_, step_, count_, rowSize_;
};

template <typename T>
void resample(const T* pixels, const PictureWindow& window, const CropBox& box, bool flip, Interpolation interpolation, const PlaneTarget& target) {
    thread_local Scratch scratch;
    fillAxisWeights(scratch.columns, box.x, box.width, window.fullWidth, target.width, interpolation, flip);
    fillAxisWeights(scratch.rows, box.y, box.height, window.fullHeight, target.height, interpolation);
    for (float& weight : scratch.rows.weights) weight *= 1.0F / static_cast<float>(std::numeric_limits<T>::max());
    const std::size_t width = static_cast<std::size_t>(target.width), plane = width * static_cast<std::size_t>(target.height);
    const Channels rule = channelRule(window.image.channels(), target.channels);
    if (window.image.channels() == 3) {
        RowRing<T> ring(scratch, pixels, window, std::nullopt);
        for (int y = 0; y < target.height; ++y) {
            float* row = target.values + static_cast<std::size_t>(y) * width;
            const std::array<float*, 3> planes{row, row + plane, row + 2 * plane};
            if (rule == Channels::Luma)
                resampling::blendLuma(ring.rowsOf(y), target.scale[0], target.offset[0], row);
            else
                resampling::blendColor(ring.rowsOf(y), target.scale.data(), target.offset.data(), planes.data());
        }
        return;
    }
    for (int c = 0; c < target.channels; ++c) {
        RowRing<T> ring(scratch, pixels, window, rule == Channels::Repeat ? 0 : c);
        float* values = target.values + static_cast<std::size_t>(c) * plane;
        const auto at = static_cast<std::size_t>(c);
        for (int y = 0; y < target.height; ++y, values += width) resampling::blendGrey(ring.rowsOf(y), target.scale[at], target.offset[at], values);
    }
}

/// No interpolation at all: 8-bit pixels through a table.
void copyWhole(const DecodedImage& image, bool flip, const PlaneTarget& target) {
    const auto plane = static_cast<std::size_t>(target.width) * static_cast<std::size_t>(target.height);
    const auto width = static_cast<std::size_t>(target.width), step = static_cast<std::size_t>(image.channels());
    for (std::size_t c = 0; c < static_cast<std::size_t>(target.channels); ++c) {
        std::array<float, 256> table{};
        for (std::size_t value = 0; value < table.size(); ++value)
            table[value] = static_cast<float>(value) * (1.0F / 255.0F) * target.scale[c] + target.offset[c];
        const std::uint8_t* from = image.pixels8() + (step == 1 ? 0 : c);
        for (std::size_t y = 0; y < static_cast<std::size_t>(target.height); ++y) {
            float* row = target.values + c * plane + y * width;
            for (std::size_t x = 0; x < width; ++x, from += step) row[flip ? width - 1 - x : x] = table[*from];
        }
    }
}

}  // namespace

CropBox wholeImage(const DecodedImage& image) { return {0, 0, static_cast<double>(image.width()), static_cast<double>(image.height())}; }

CropBox centreBox(int imageWidth, int imageHeight, double aspect) {
    const double width = std::min(static_cast<double>(imageWidth), imageHeight * aspect);
    const double height = std::min(static_cast<double>(imageHeight), imageWidth / aspect);
    return {(imageWidth - width) / 2, (imageHeight - height) / 2, width, height};
}

void resampleInto(const PictureWindow& window, const CropBox& box, bool flip, Interpolation interpolation, const PlaneTarget& target) {
    const DecodedImage& image = window.image;
    if (image.empty() || !(box.width > 0) || !(box.height > 0) || target.width <= 0 || target.height <= 0)
        throw ShapeError(
            fmt::format("resampling a box of {} x {} pixels to {} x {}: expected sides above 0", box.width, box.height, target.width, target.height));
    const PixelRange columns = touchedPixels(box.x, box.width, window.fullWidth), rows = touchedPixels(box.y, box.height, window.fullHeight);
    if (columns.low < window.left || columns.high > window.left + image.width() || rows.low < window.top || rows.high > window.top + image.height())
        throw ShapeError(fmt::format("resampling columns {} to {} and rows {} to {}: the window has only {} to {} and {} to {}", columns.low,
                                     columns.high, rows.low, rows.high, window.left, window.left + image.width(), window.top,
                                     window.top + image.height()));
    const bool whole = image.width() == window.fullWidth && image.height() == window.fullHeight && box == wholeImage(image);
    const bool sameSize = whole && image.width() == target.width && image.height() == target.height;
    if (sameSize && image.bits() == 8 && channelRule(image.channels(), target.channels) != Channels::Luma)
        copyWhole(image, flip, target);
    else if (image.bits() == 8)
        resample(image.pixels8(), window, box, flip, interpolation, target);
    else
        resample(image.pixels16(), window, box, flip, interpolation, target);
}

Image resized(const Image& image, const CropBox& box, int width, int height) {
    const auto channels = static_cast<std::size_t>(image.channels);
    const std::size_t plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    std::vector<float> values(plane * channels);
    const std::vector<float> scale(channels, 255.0F), offset(channels, 0.5F);
    resampleInto(wholeWindow(toDecoded(image)), box, false, Interpolation::Area, {values.data(), image.channels, height, width, scale, offset});
    Image result{width, height, image.channels, std::vector<std::uint8_t>(values.size())};
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t p = 0; p < plane; ++p) result.pixels[p * channels + c] = static_cast<std::uint8_t>(values[c * plane + p]);
    return result;
}

Image resized(const Image& image, int width, int height) {
    return resized(image, {0, 0, static_cast<double>(image.width), static_cast<double>(image.height)}, width, height);
}

Image flipped(const Image& image) {
    Image result = image;
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            std::copy_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(image.offset(image.width - 1 - x, y)), image.channels,
                        result.pixels.begin() + static_cast<std::ptrdiff_t>(image.offset(x, y)));
    return result;
}

}  // namespace maskscope
