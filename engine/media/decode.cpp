#include "media/decode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "core/files.h"
#include "media/jpeg.h"
#include "media/npy.h"
#include "media/opencv_setup.h"
#include "media/png_chunks.h"
#include "media/tiff.h"

namespace maskscope {
namespace {

/// The first characters of a file, for a message.
std::string beginning(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 12)) text += c >= ' ' && c <= '~' ? c : '.';
    return text;
}

/// Alpha over the mean of the opaque pixels. @param mat  four channels of T, the last one alpha; becomes three channels
template <typename T>
void composeAlpha(cv::Mat& mat) {
    constexpr double kOpaque = std::numeric_limits<T>::max();
    using Pixel = cv::Vec<T, 4>;
    std::array<double, 3> opaqueSum{}, weightedSum{};
    double opaque = 0, weight = 0;
    for (const Pixel& pixel : cv::Mat_<Pixel>(mat)) {
        const double alpha = pixel[3] / kOpaque;
        for (int c = 0; c < 3; ++c) {
            weightedSum[static_cast<std::size_t>(c)] += alpha * pixel[c];
            if (alpha == 1.0) opaqueSum[static_cast<std::size_t>(c)] += pixel[c];
        }
        weight += alpha;
        if (alpha == 1.0) opaque += 1;
    }
    std::array<double, 3> mean{};
    for (std::size_t c = 0; c < 3; ++c) mean[c] = opaque > 0 ? opaqueSum[c] / opaque : weight > 0 ? weightedSum[c] / weight : kOpaque / 2;
    cv::Mat result(mat.rows, mat.cols, CV_MAKETYPE(cv::DataType<T>::depth, 3));
    for (int y = 0; y < mat.rows; ++y)
        for (int x = 0; x < mat.cols; ++x) {
            const Pixel& pixel = mat.at<Pixel>(y, x);
            const double alpha = pixel[3] / kOpaque;
            for (int c = 0; c < 3; ++c)
                result.at<cv::Vec<T, 3>>(y, x)[c] = cv::saturate_cast<T>(alpha * pixel[c] + (1 - alpha) * mean[static_cast<std::size_t>(c)]);
        }
    mat = result;
}

/// Floats from 0 to 1, or from their own smallest to their largest, as 16 bits.
cv::Mat floatsTo16(const cv::Mat& mat, const std::string& name) {
    double low = 0, high = 0;
    cv::minMaxLoc(mat.reshape(1), &low, &high);
    if (!std::isfinite(low) || !std::isfinite(high) || !cv::checkRange(mat))
        throw DataError(fmt::format("{}: holds values that are not finite, expected numbers", name));
    if (low >= 0 && high <= 1) low = 0, high = 1;
    const double factor = high > low ? 65535.0 / (high - low) : 0.0;
    cv::Mat result;
    mat.convertTo(result, CV_16U, factor, -low * factor);
    return result;
}

template <typename T>
DecodedImage toRgb(const cv::Mat& mat) {
    std::vector<T> pixels(mat.total() * static_cast<std::size_t>(mat.channels()));
    cv::Mat target(mat.rows, mat.cols, mat.type(), pixels.data());
    if (mat.channels() == 3)
        cv::cvtColor(mat, target, cv::COLOR_BGR2RGB);
    else if (mat.channels() == 4)
        cv::cvtColor(mat, target, cv::COLOR_BGRA2RGBA);
    else
        mat.copyTo(target);
    return {mat.cols, mat.rows, mat.channels(), std::move(pixels)};
}

DecodedImage fromMat(cv::Mat mat, bool alpha, const std::string& name) {
    if (mat.depth() == CV_32F || mat.depth() == CV_64F) mat = floatsTo16(mat, name);
    if (mat.depth() != CV_8U && mat.depth() != CV_16U)
        throw DataError(fmt::format("{}: signed whole numbers as pixels, expected unsigned 8 or 16 bits or floats", name));
    const bool wide = mat.depth() == CV_16U;
    const bool compose = alpha && mat.channels() == 4;
    if (compose) wide ? composeAlpha<std::uint16_t>(mat) : composeAlpha<std::uint8_t>(mat);
    DecodedImage image = wide ? toRgb<std::uint16_t>(mat) : toRgb<std::uint8_t>(mat);
    image.setAlphaComposed(compose);
    return image;
}

int reductionFor(const ImageHeader& header, int usedSidePx) {
    if (header.format != "jpeg" || usedSidePx <= 0) return 1;
    const std::int64_t shorter = std::min(header.width, header.height);
    int reduction = 1;
    while (reduction < 8 && shorter >= std::int64_t{8} * reduction * usedSidePx) reduction *= 2;
    return reduction;
}

/// Reading "unchanged" keeps alpha but leaves EXIF orientation aside; the other flags do the opposite.
int decodeFlags(int reduction, bool alpha) {
    switch (reduction) {
        case 2:
            return cv::IMREAD_REDUCED_COLOR_2;
        case 4:
            return cv::IMREAD_REDUCED_COLOR_4;
        case 8:
            return cv::IMREAD_REDUCED_COLOR_8;
        default:
            return alpha ? cv::IMREAD_UNCHANGED : cv::IMREAD_ANYCOLOR | cv::IMREAD_ANYDEPTH;
    }
}

cv::Mat decodeWithOpenCv(std::string_view bytes, int flags, const std::string& name) {
    setUpOpenCv();
    cv::Mat mat;
    try {
        const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
        mat = cv::imdecode(encoded, flags);
    } catch (const cv::Exception& error) {
        throw DataError(fmt::format("{}: cannot be decoded ({}); replace the file", name, error.err));
    }
    if (mat.empty()) throw DataError(fmt::format("{}: damaged, its pixels cannot be decoded; replace the file", name));
    return mat;
}

/// Whether the stored channels end with alpha (a palette may carry transparency too).
bool mayHaveAlpha(std::string_view bytes, const ImageHeader& header) {
    if (header.format == "png") return header.channels == 4 || bytes.substr(0, bytes.find("IDAT")).find("tRNS") != std::string_view::npos;
    return header.format == "webp" && header.channels == 4;
}

/// @throws DataError if the bytes are no picture, cut off or absurdly large, as far as can be told without decoding
ImageHeader checkedHeader(std::string_view bytes, const std::string& name) {
    if (bytes.empty()) throw DataError(fmt::format("{}: empty, expected a picture ({}); replace the file", name, kImageFormats));
    const ImageHeader header = readImageHeader(bytes);
    if (!header.isImage())
        throw DataError(fmt::format("{}: not a picture (it begins with '{}'), expected {}", name, beginning(bytes), kImageFormats));
    if (header.format == "npy") return header;
    if (header.width > kMaxImagePixels || header.height > kMaxImagePixels || header.width * header.height > kMaxImagePixels)
        throw DataError(
            fmt::format("{}: {} x {} pixels, expected at most {} in all; scale it down", name, header.width, header.height, kMaxImagePixels));
    if (const std::string reason = incompleteReason(bytes, header); !reason.empty())
        throw DataError(fmt::format("{}: incomplete or damaged: {}; replace the file", name, reason));
    if (header.width <= 0 || header.height <= 0)
        throw DataError(fmt::format("{}: {} x {} pixels, expected at least 1 x 1; replace the file", name, header.width, header.height));
    return header;
}

/// What needs no part of its own: anything but most JPEGs.
DecodedImage decodeWhole(std::string_view bytes, const std::string& name, const ImageHeader& header, int reduction) {
    if (header.format == "npy") return decodeNpyImage(bytes, name);
    if (header.format == "tiff") {
        const TiffTags tags = readTiffTags(bytes);
        if (tags.samples == 2 || tags.samples > 4) return decodeManyChannelTiff(bytes, tags, name);
        return fromMat(decodeWithOpenCv(bytes, decodeFlags(1, tags.samples == 4), name), tags.alpha, name);
    }
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw DataError(fmt::format("{}: {} bytes, expected less than 2 GiB; scale it down", name, bytes.size()));
    const bool alpha = mayHaveAlpha(bytes, header);
    const std::string png = header.format == "png" ? essentialPng(bytes) : std::string();
    return fromMat(decodeWithOpenCv(png.empty() ? bytes : std::string_view(png), decodeFlags(reduction, alpha), name), alpha, name);
}

}  // namespace

DecodedImage decodeImage(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
    return decodeRegion(bytes, name, {.usedSidePx = options.usedSidePx}, PictureRegion::whole).image;
}

PictureWindow decodeRegion(std::string_view bytes, const std::string& name, const DecodeOptions& options, const RegionChooser& choose) {
    const ImageHeader header = checkedHeader(bytes, name);
    const int reduction = header.channels == 3 ? reductionFor(header, options.usedSidePx) : 1;
    try {
        if (header.format == "jpeg" && header.orientation == 1)
            if (auto window = decodeJpeg(bytes, name, 8 / reduction, choose)) return *std::move(window);
        PictureWindow window = wholeWindow(decodeWhole(bytes, name, header, reduction));
        choose(window.fullWidth, window.fullHeight);
        return window;
    } catch (const std::bad_alloc&) {
        throw DataError(fmt::format("{}: not enough memory to decode it; replace the file or scale it down", name));
    }
}

DecodedImage readImageFile(const std::filesystem::path& file, const DecodeOptions& options) {
    return decodeImage(readFile(file), file.string(), options);
}

}  // namespace maskscope
