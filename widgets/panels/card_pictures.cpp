#include "widgets/panels/card_pictures.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

void paintWell(QPainter& painter, const QRect& area) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().well);
    painter.drawRoundedRect(area, scaled(2), scaled(2));
    painter.setBrush(Qt::NoBrush);
}

/// A diagonal: there is nothing to show yet.
void paintNothing(QPainter& painter, const QRect& area) {
    painter.setPen(QPen(theme().border, 1));
    painter.drawLine(area.bottomLeft(), area.topRight());
}

void paintCovering(QPainter& painter, const QRect& area, const QImage& image) {
    const int side = std::min(image.width(), image.height());
    const QRect source((image.width() - side) / 2, (image.height() - side) / 2, side, side);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(area, image, source);
}

}  // namespace

ThumbnailSheet::ThumbnailSheet(QWidget* parent) : QWidget(parent) {}

void ThumbnailSheet::setImages(std::vector<QImage> images) {
    images_ = std::move(images);
    update();
}

void ThumbnailSheet::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintWell(painter, rect());
    if (images_.empty()) return paintNothing(painter, rect());
    const int gap = scaled(2), side = (width() - gap) / 2;
    for (std::size_t i = 0; i < std::min<std::size_t>(4, images_.size()); ++i) {
        const int column = static_cast<int>(i) % 2, row = static_cast<int>(i) / 2;
        paintCovering(painter, {column * (side + gap), row * (side + gap), side, side}, images_[i]);
    }
}

NetworkDrawing::NetworkDrawing(QWidget* parent) : QWidget(parent) {}

void NetworkDrawing::setShape(const NetworkShape& shape) {
    if (shape == shape_) return;
    shape_ = shape;
    setAccessibleDescription(tr("%1 encoder blocks, %2 blocks in the head").arg(shape.encoderDepth).arg(shape.headDepth));
    update();
}

void NetworkDrawing::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintWell(painter, rect());
    if (shape_.encoderDepth <= 0) return paintNothing(painter, rect());
    const double margin = scaled(6), gap = scaled(3);
    const double total = static_cast<double>(shape_.encoderDepth + std::max<qint64>(1, shape_.headDepth));
    const double slot = (width() - 2 * margin - gap) / total;
    const double bar = std::max(1.0, slot - std::min(2.0, slot * 0.3));
    const double widest = static_cast<double>(std::max({shape_.encoderWidth, shape_.headWidth, qint64{1}}));
    double x = margin;
    const auto draw = [&](qint64 blocks, qint64 blockWidth, const QColor& color) {
        // Heights by the root, so that a thin head stays visible beside a wide encoder.
        const double height = (this->height() - 2 * margin) * std::sqrt(static_cast<double>(std::max<qint64>(1, blockWidth)) / widest);
        for (qint64 i = 0; i < blocks; ++i, x += slot) painter.fillRect(QRectF(x, (this->height() - height) / 2, bar, height), color);
    };
    draw(shape_.encoderDepth, shape_.encoderWidth, theme().runs[0].color);
    x += gap;
    draw(std::max<qint64>(1, shape_.headDepth), shape_.headWidth, theme().runs[2].color);
}

ImageWell::ImageWell(QWidget* parent) : QWidget(parent) {}

void ImageWell::setImage(const QImage& image) {
    image_ = image;
    update();
}

void ImageWell::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintWell(painter, rect());
    if (image_.isNull()) return paintNothing(painter, rect());
    paintCovering(painter, rect(), image_);
}

LossSketch::LossSketch(QWidget* parent) : QWidget(parent) {}

void LossSketch::setCurve(std::vector<CurvePoint> points, std::vector<double> references) {
    points_ = std::move(points);
    references_ = std::move(references);
    update();
}

void LossSketch::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintWell(painter, rect());
    double low = 0.0, high = 0.0;
    for (const CurvePoint& point : points_) high = std::isfinite(point.value) ? std::max(high, point.value) : high;
    for (const double value : references_) high = std::max(high, value);
    if (points_.size() < 2 || high <= low) return paintNothing(painter, rect());
    const QRectF area = QRectF(rect()).adjusted(scaled(5), scaled(5), -scaled(5), -scaled(5));
    const auto y = [&](double value) { return area.bottom() - area.height() * (value - low) / (high - low); };
    painter.setPen(QPen(theme().text2, 1, Qt::DotLine));
    for (const double value : references_) painter.drawLine(QPointF(area.left(), y(value)), QPointF(area.right(), y(value)));
    const double first = points_.front().step, span = std::max(1.0, points_.back().step - first);
    QPainterPath path;
    for (const CurvePoint& point : points_) {
        if (!std::isfinite(point.value)) continue;
        const QPointF at(area.left() + area.width() * (point.step - first) / span, y(point.value));
        path.elementCount() == 0 ? path.moveTo(at) : path.lineTo(at);
    }
    painter.setPen(QPen(theme().runs[0].color, 1.5));
    painter.drawPath(path);
}

}  // namespace maskscope
