#include "media/raster.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace maskscope {
namespace {

void setUpOpenCv() {
    static const bool done = [] {
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::setNumThreads(1);
        return true;
    }();
    static_cast<void>(done);
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

}  // namespace

DecodedImage decodeRaster(std::string_view bytes, const std::string& name, const RasterForm& form) {
    return fromMat(decodeWithOpenCv(bytes, decodeFlags(form.reduction, form.channelsEndWithAlpha), name), form.composesAlpha, name);
}

}  // namespace maskscope
