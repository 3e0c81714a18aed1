#include "media/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "media/resample_weights.h"

namespace maskscope {
namespace {

constexpr std::array<float, 3> kLuma{0.299F, 0.587F, 0.114F};

enum class Channels { Same, Repeat, Luma };

Channels channelRule(int from, int to) {
    if (from == to) return Channels::Same;
    if (from == 1 && to == 3) return Channels::Repeat;
    if (from == 3 && to == 1) return Channels::Luma;
    throw DataError(fmt::format("a picture of {} channels, the input has {}; set input.channels = {}, or convert the pictures", from, to, from));
}

/// sum += weight * row; the loop that most of the time is spent in.
template <typename T>
[[gnu::optimize("O3")]] void accumulate(float* __restrict sum, const T* __restrict row, float weight, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum[i] += weight * static_cast<float>(row[i]);
}

template <typename T>
[[gnu::optimize("O3")]] void start(float* __restrict sum, const T* __restrict row, float weight, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum[i] = weight * static_cast<float>(row[i]);
}

/// One output pixel of a row, kept inside [0, 1]: cubic interpolation overshoots.
template <int C>
void gatherPixel(const float* row, const AxisWeights& axis, std::size_t x, float* pixel) {
    std::array<float, C> sum{};
    const float* weight = axis.weights.data() + axis.spans[x].firstWeight;
    const float* from = row + (axis.spans[x].first - axis.low) * C;
    for (int tap = 0; tap < axis.spans[x].count; ++tap, from += C)
        for (int c = 0; c < C; ++c) sum[static_cast<std::size_t>(c)] += weight[tap] * from[c];
    for (int c = 0; c < C; ++c) pixel[c] = std::clamp(sum[static_cast<std::size_t>(c)], 0.0F, 1.0F);
}

void gatherPixel(const float* row, const AxisWeights& axis, std::size_t x, int channels, float* pixel) {
    const float* weight = axis.weights.data() + axis.spans[x].firstWeight;
    const float* from = row + (axis.spans[x].first - axis.low) * channels;
    for (int c = 0; c < channels; ++c) {
        float sum = 0;
        for (int tap = 0; tap < axis.spans[x].count; ++tap) sum += weight[tap] * from[tap * channels + c];
        pixel[c] = std::clamp(sum, 0.0F, 1.0F);
    }
}

/// Where the finished pixels go, with channel rule, statistics and mirroring.
class RowWriter {
public:
    RowWriter(const PlaneTarget& target, int channels, bool flip)
        : target_(target),
          rule_(channelRule(channels, target.channels)),
          flip_(flip),
          plane_(static_cast<std::ptrdiff_t>(target.width) * target.height) {}

    void write(int y, int x, const float* pixel) const {
        float* place = target_.values + static_cast<std::ptrdiff_t>(y) * target_.width + (flip_ ? target_.width - 1 - x : x);
        if (rule_ == Channels::Luma) {
            put(place, 0, kLuma[0] * pixel[0] + kLuma[1] * pixel[1] + kLuma[2] * pixel[2]);
            return;
        }
        for (int c = 0; c < target_.channels; ++c, place += plane_) put(place, c, pixel[rule_ == Channels::Repeat ? 0 : c]);
    }

private:
    void put(float* place, int c, float value) const {
        *place = value * target_.scale[static_cast<std::size_t>(c)] + target_.offset[static_cast<std::size_t>(c)];
    }

    const PlaneTarget& target_;
    Channels rule_;
    bool flip_;
    std::ptrdiff_t plane_;
};

/// Columns of one output row out of the finished sums.
void writeRow(const std::vector<float>& row, const AxisWeights& columns, int channels, int y, const RowWriter& writer, std::vector<float>& pixel) {
    for (std::size_t x = 0; x < columns.spans.size(); ++x) {
        if (channels == 3)
            gatherPixel<3>(row.data(), columns, x, pixel.data());
        else if (channels == 1)
            gatherPixel<1>(row.data(), columns, x, pixel.data());
        else
            gatherPixel(row.data(), columns, x, channels, pixel.data());
        writer.write(y, static_cast<int>(x), pixel.data());
    }
}

template <typename T>
void resample(const T* pixels, const DecodedImage& image, const CropBox& box, bool flip, const PlaneTarget& target) {
    const AxisWeights columns = axisWeights(box.x, box.width, image.width(), target.width);
    const AxisWeights rows = axisWeights(box.y, box.height, image.height(), target.height);
    const RowWriter writer(target, image.channels(), flip);
    const auto channels = static_cast<std::size_t>(image.channels());
    const auto stride = static_cast<std::size_t>(image.width()) * channels;
    const std::size_t count = static_cast<std::size_t>(columns.high - columns.low) * channels;
    constexpr float kUnit = 1.0F / static_cast<float>(std::numeric_limits<T>::max());
    std::vector<float> sums(count), pixel(channels);
    for (std::size_t y = 0; y < rows.spans.size(); ++y) {
        const AxisWeights::Span& span = rows.spans[y];
        const T* row = pixels + static_cast<std::size_t>(span.first) * stride + static_cast<std::size_t>(columns.low) * channels;
        for (int tap = 0; tap < span.count; ++tap, row += stride) {
            const float weight = kUnit * rows.weights[static_cast<std::size_t>(span.firstWeight + tap)];
            if (tap == 0)
                start(sums.data(), row, weight, count);
            else
                accumulate(sums.data(), row, weight, count);
        }
        writeRow(sums, columns, image.channels(), static_cast<int>(y), writer, pixel);
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

void resampleInto(const DecodedImage& image, const CropBox& box, bool flip, const PlaneTarget& target) {
    if (image.empty() || !(box.width > 0) || !(box.height > 0) || target.width <= 0 || target.height <= 0)
        throw ShapeError(
            fmt::format("resampling a box of {} x {} pixels to {} x {}: expected sides above 0", box.width, box.height, target.width, target.height));
    const bool sameSize = image.width() == target.width && image.height() == target.height && box == wholeImage(image);
    if (sameSize && image.bits() == 8 && channelRule(image.channels(), target.channels) != Channels::Luma)
        copyWhole(image, flip, target);
    else if (image.bits() == 8)
        resample(image.pixels8(), image, box, flip, target);
    else
        resample(image.pixels16(), image, box, flip, target);
}

Image resized(const Image& image, const CropBox& box, int width, int height) {
    const auto channels = static_cast<std::size_t>(image.channels);
    const std::size_t plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    std::vector<float> values(plane * channels);
    const std::vector<float> scale(channels, 255.0F), offset(channels, 0.5F);
    resampleInto(toDecoded(image), box, false, {values.data(), image.channels, height, width, scale, offset});
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
