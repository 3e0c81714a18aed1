#include "widgets/pictures/picture_layers.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "widgets/pictures/image_conversion.h"

namespace maskscope {
namespace {

QString text(const char* source) { return QCoreApplication::translate("PictureView", source); }

/// What recipes call their own pictures, for translators; a name of somebody else's recipe stays as it is.
[[maybe_unused]] constexpr const char* kOwnPictures[] = {QT_TRANSLATE_NOOP("PictureView", "target"),
                                                         QT_TRANSLATE_NOOP("PictureView", "mixture"),
                                                         QT_TRANSLATE_NOOP("PictureView", "partner"),
                                                         QT_TRANSLATE_NOOP("PictureView", "spectrum"),
                                                         QT_TRANSLATE_NOOP("PictureView", "spectrum-restored"),
                                                         QT_TRANSLATE_NOOP("PictureView", "decoded"),
                                                         QT_TRANSLATE_NOOP("PictureView", "mask"),
                                                         QT_TRANSLATE_NOOP("PictureView", "attention"),
                                                         QT_TRANSLATE_NOOP("PictureView", "difficulty")};

/// "decoded-25" is "Decoded 25".
QString nameOfOwnPicture(const QString& name) {
    static const QRegularExpression numbered(QStringLiteral("^(.*)-([0-9]+)$"));
    const QRegularExpressionMatch match = numbered.match(name);
    QString words = text((match.hasMatch() ? match.captured(1) : name).toUtf8().constData());
    words = words.left(1).toUpper() + words.mid(1).replace(QLatin1Char('-'), QLatin1Char(' ')).replace(QLatin1Char('_'), QLatin1Char(' '));
    return match.hasMatch() ? words + QLatin1Char(' ') + match.captured(2) : words;
}

std::size_t extraIndex(PictureView view) { return static_cast<std::size_t>(view) - static_cast<std::size_t>(PictureView::FirstExtra); }

QImage residualImage(const ImagePicture& picture, const Image& rebuilt, ColorMap map, double high) {
    const PatchGrid grid{static_cast<int>(picture.rows), static_cast<int>(picture.columns)};
    const Image& original = picture.original;
    return mapImage(residualValues(original, rebuilt, grid, picture.hidden), original.height, original.width, map, 0.0, high);
}

}  // namespace

QString pictureViewName(PictureView view) {
    switch (view) {
        case PictureView::Original:
            return text("Original");
        case PictureView::Masked:
            return text("Masked");
        case PictureView::Prediction:
            return text("Prediction");
        case PictureView::Composite:
            return text("Composite");
        case PictureView::Residual:
            return text("Residual");
        default:
            return text("Beside");
    }
}

QString pictureViewHelp(PictureView view) {
    switch (view) {
        case PictureView::Original:
            return text("The image as it went in.");
        case PictureView::Masked:
            return text("What the encoder sees: hatched patches are hidden from it.");
        case PictureView::Prediction:
            return text("What the model says, without help from the original.");
        case PictureView::Composite:
            return text("Visible patches from the original, hidden ones from the model.");
        case PictureView::Residual:
            return text("How far off each pixel is: absolute error, mean over channels; 1 is black for white.");
        default:
            return text("What this method has to show beside its prediction.");
    }
}

double meanHiddenLoss(const ImagePicture& picture) {
    if (picture.patchLoss.size() != picture.hidden.size()) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < picture.hidden.size(); ++i) {
        if (picture.hidden[i] == 0) continue;
        sum += double{picture.patchLoss[i]};
        ++count;
    }
    return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

std::vector<float> residualValues(const Image& original, const Image& rebuilt, const PatchGrid& grid, const std::vector<std::uint8_t>& hidden) {
    if (original.empty() || original.width != rebuilt.width || original.height != rebuilt.height || original.channels != rebuilt.channels ||
        original.pixels.size() != rebuilt.pixels.size())
        return {};
    const bool masked = !grid.isEmpty() && hidden.size() == static_cast<std::size_t>(grid.count());
    const auto channels = static_cast<std::size_t>(original.channels);
    std::vector<float> values(static_cast<std::size_t>(original.width) * static_cast<std::size_t>(original.height));
    std::size_t place = 0;
    for (int y = 0; y < original.height; ++y)
        for (int x = 0; x < original.width; ++x, ++place) {
            const int patch = masked ? y * grid.rows / original.height * grid.columns + x * grid.columns / original.width : 0;
            if (masked && hidden[static_cast<std::size_t>(patch)] == 0) {
                values[place] = std::numeric_limits<float>::quiet_NaN();
                continue;
            }
            int sum = 0;
            for (std::size_t c = 0; c < channels; ++c) sum += std::abs(original.pixels[place * channels + c] - rebuilt.pixels[place * channels + c]);
            values[place] = static_cast<float>(sum) / (255.0F * static_cast<float>(channels));
        }
    return values;
}

QImage viewImage(const ImagePicture& picture, PictureView view, bool leaks, ColorMap map, double residualHigh) {
    const Image& rebuilt = leaks && picture.leaking ? *picture.leaking : picture.composite;
    switch (view) {
        case PictureView::Original:
            return toQImage(picture.original);
        case PictureView::Masked:
            return toQImage(picture.masked);
        case PictureView::Prediction:
            return toQImage(picture.prediction);
        case PictureView::Composite:
            return toQImage(rebuilt);
        case PictureView::Residual:
            return residualImage(picture, rebuilt, map, residualHigh);
        default:
            return {};
    }
}

PictureLayers::PictureLayers(const ImagePicture& picture, ColorMap map, double residualHigh)
    : grid{static_cast<int>(picture.rows), static_cast<int>(picture.columns)},
      hidden(picture.hidden),
      seenWhole(picture.seenWhole),
      meanLoss(meanHiddenLoss(picture)) {
    const auto layer = [&](PictureView view, bool leaks) { return viewImage(picture, view, leaks, map, residualHigh); };
    original = layer(PictureView::Original, false);
    masked = layer(PictureView::Masked, false);
    prediction = layer(PictureView::Prediction, false);
    composite = layer(PictureView::Composite, false);
    residual = layer(PictureView::Residual, false);
    for (std::size_t i = 0; i < std::min(picture.extras.size(), kExtraViews.size()); ++i) {
        extras.push_back(toQImage(picture.extras[i].image));
        extraNames.push_back(QString::fromStdString(picture.extras[i].name));
    }
    if (!picture.leaking) return;
    leaking = layer(PictureView::Composite, true);
    leakingResidual = layer(PictureView::Residual, true);
}

const QImage& PictureLayers::image(PictureView view, bool leaks) const {
    const bool leaked = leaks && !leaking.isNull();
    switch (view) {
        case PictureView::Original:
            return original;
        case PictureView::Masked:
            return masked;
        case PictureView::Prediction:
            return prediction;
        case PictureView::Composite:
            return leaked ? leaking : composite;
        case PictureView::Residual:
            return leaked ? leakingResidual : residual;
        default:
            return extras[extraIndex(view)];
    }
}

std::vector<PictureView> PictureLayers::views() const {
    std::vector<PictureView> views(kPictureViews.begin(), kPictureViews.end());
    if (composite.isNull() && !prediction.isNull()) views.resize(3);
    views.insert(views.end(), kExtraViews.begin(), kExtraViews.begin() + static_cast<std::ptrdiff_t>(extras.size()));
    return views;
}

QString PictureLayers::name(PictureView view) const {
    if (view < PictureView::FirstExtra) return pictureViewName(view);
    return nameOfOwnPicture(extraNames[static_cast<qsizetype>(extraIndex(view))]);
}

}  // namespace maskscope
