#include "widgets/compare/picture_difference.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>

namespace maskscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("maskscope::PictureDifference", text); }

bool sameShape(const Image& a, const Image& b) { return a.width == b.width && a.height == b.height && a.channels == b.channels && !a.empty(); }

double pixelDifference(const Image& first, const Image& second, std::size_t offset) {
    double sum = 0.0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(first.channels); ++c) {
        sum += static_cast<double>(second.pixels[offset + c]) - static_cast<double>(first.pixels[offset + c]);
    }
    return sum / (255.0 * first.channels);
}

}  // namespace

PictureDifference pictureDifference(const ImagePicture& first, const ImagePicture& second) {
    PictureDifference result;
    const Image& a = first.prediction;
    const Image& b = second.prediction;
    if (!sameShape(a, b) || first.rows != second.rows || first.columns != second.columns || first.rows < 1 || first.columns < 1) {
        result.reason = PictureDifference::Reason::Size;
        return result;
    }
    if (first.original.pixels != second.original.pixels) {
        result.reason = PictureDifference::Reason::Image;
        return result;
    }
    if (first.hidden != second.hidden || first.hidden.size() != static_cast<std::size_t>(first.rows * first.columns)) {
        result.reason = PictureDifference::Reason::Mask;
        return result;
    }
    result.reason = PictureDifference::Reason::None;
    result.values.assign(static_cast<std::size_t>(a.width) * static_cast<std::size_t>(a.height), std::numeric_limits<float>::quiet_NaN());
    double sum = 0.0;
    std::size_t compared = 0;
    for (int y = 0; y < a.height; ++y) {
        for (int x = 0; x < a.width; ++x) {
            const auto patch = static_cast<std::size_t>(y * first.rows / a.height * first.columns + x * first.columns / a.width);
            if (first.hidden[patch] == 0) {
                continue;
            }
            const double difference = pixelDifference(a, b, a.offset(x, y));
            result.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(a.width) + static_cast<std::size_t>(x)] =
                static_cast<float>(difference);
            result.greatest = std::max(result.greatest, std::abs(difference));
            sum += std::abs(difference);
            ++compared;
        }
    }
    result.meanAbsolute = compared > 0 ? sum / static_cast<double>(compared) : 0.0;
    return result;
}

QString reasonText(PictureDifference::Reason reason) {
    switch (reason) {
        case PictureDifference::Reason::None:
            return {};
        case PictureDifference::Reason::NothingYet:
            return tr("The difference comes when both runs have answered.");
        case PictureDifference::Reason::Size:
            return tr("The runs see images of different sizes or patch grids, so pixels cannot be compared.");
        case PictureDifference::Reason::Mask:
            return tr("The masks differ. Paint or draw one mask and ask both runs.");
        case PictureDifference::Reason::Image:
            return tr("The images differ. Choose one image for both runs.");
    }
    return {};
}

}  // namespace maskscope
