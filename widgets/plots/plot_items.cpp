#include "widgets/plots/plot_items.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kReferenceWidthPx = 1.2;
constexpr double kDotPx = 7.0;

}  // namespace

void ReferenceLines::setBaselines(const std::optional<BaselineRecord>& baselines, const QString& owner) {
    baselines_ = baselines;
    owner_ = owner;
}

void ReferenceLines::placeObstacles() {
    obstaclePixels_.clear();
    for (const QPointF& point : obstacles_) {
        const QPointF pixel(parentPlot()->xAxis->coordToPixel(point.x()), parentPlot()->yAxis->coordToPixel(point.y()));
        if (std::isfinite(pixel.x()) && std::isfinite(pixel.y())) {
            obstaclePixels_.push_back(pixel);
        }
    }
}

/// On the line at its right end, or further left where another label or a curve already is; where nothing is free, over a curve.
QRectF ReferenceLines::freePlace(const QSizeF& size, double y, const QRectF& area) const {
    const QRectF rightmost(area.right() - size.width() - scaled(8), y - size.height() / 2.0, size.width(), size.height());
    const auto meetsLabel = [this](const QRectF& place) {
        return std::any_of(labels_.begin(), labels_.end(), [&](const QRectF& other) { return other.isValid() && other.intersects(place); });
    };
    const auto meetsCurve = [this](const QRectF& place) {
        return std::any_of(obstaclePixels_.begin(), obstaclePixels_.end(), [&](const QPointF& point) { return place.contains(point); });
    };
    QRectF besideLabels;
    for (QRectF place = rightmost; place.left() > area.left(); place.translate(-scaled(6), 0)) {
        if (meetsLabel(place)) {
            continue;
        }
        if (!meetsCurve(place)) {
            return place;
        }
        besideLabels = besideLabels.isValid() ? besideLabels : place;
    }
    return besideLabels.isValid() ? besideLabels : rightmost;
}

void ReferenceLines::draw(QCPPainter* painter) {
    labels_.assign(3, QRectF());
    if (!baselines_) {
        return;
    }
    const std::array<double, 3> values = {baselines_->meanPatch, baselines_->nearestVisible, baselines_->inpaint};
    const std::array<QString, 3> names = {tr("mean patch"), tr("nearest visible"), tr("smooth inpaint")};
    placeObstacles();
    const QRectF area = parentPlot()->axisRect()->rect();
    painter->setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter->font());
    std::array<double, 3> heights{};
    std::array<bool, 3> isSeen{};
    for (std::size_t i = 0; i < 3; ++i) {
        const double y = heights[i] = parentPlot()->yAxis->coordToPixel(values[i]);
        isSeen[i] = std::isfinite(y) && y >= area.top() && y <= area.bottom();
        if (!isSeen[i]) {
            continue;
        }
        painter->setPen(dashedPen(theme().text2, scaled(1) * kReferenceWidthPx, referenceDash(static_cast<int>(i))));
        painter->drawLine(QLineF(area.left(), y, area.right(), y));
    }
    for (std::size_t i = 0; i < 3; ++i) {
        if (!isSeen[i]) {
            continue;
        }
        const QString text = names[i] + QLatin1Char(' ') + significant(values[i]) + (owner_.isEmpty() ? QString() : QStringLiteral(" · ") + owner_);
        labels_[i] = freePlace(QSizeF(metrics.horizontalAdvance(text) + scaled(8), metrics.height()), heights[i], area);
        painter->fillRect(labels_[i], theme().panel);
        painter->setPen(theme().text2);
        painter->drawText(labels_[i], Qt::AlignCenter, text);
    }
}

void PlotCursor::setCursor(std::optional<double> step, std::vector<Value> dots) {
    cursor_ = step;
    dots_ = std::move(dots);
}

void PlotCursor::setCrosshair(std::optional<double> step, std::vector<Value> values) {
    crosshair_ = step;
    values_ = std::move(values);
}

double PlotCursor::pixelOf(double step) const { return parentPlot()->xAxis->coordToPixel(step); }

void PlotCursor::draw(QCPPainter* painter) {
    const QRectF area = parentPlot()->axisRect()->rect();
    const auto isInside = [&](double x) { return std::isfinite(x) && x >= area.left() - 1 && x <= area.right() + 1; };
    if (cursor_ && isInside(pixelOf(*cursor_))) {
        const double x = pixelOf(*cursor_);
        painter->setPen(QPen(theme().accent, 1.5 * scaled(1)));
        painter->drawLine(QLineF(x, area.top(), x, area.bottom()));
        drawDots(painter, x, dots_);
    }
    if (crosshair_ && isInside(pixelOf(*crosshair_))) {
        const double x = pixelOf(*crosshair_);
        painter->setPen(dashedPen(theme().text2, scaled(1), {3, 3}));
        painter->drawLine(QLineF(x, area.top(), x, area.bottom()));
        drawDots(painter, x, values_);
        drawReadout(painter, x, area);
    }
}

void PlotCursor::drawDots(QCPPainter* painter, double x, const std::vector<Value>& values) const {
    for (const Value& value : values) {
        if (!value.height) {
            continue;
        }
        const double y = parentPlot()->yAxis->coordToPixel(*value.height);
        if (std::isfinite(y)) {
            painter->setPen(QPen(theme().panel, scaled(1)));
            painter->setBrush(value.color);
            painter->drawPath(markerPath(value.marker, scaled(kDotPx)).translated(x, y));
        }
    }
    painter->setBrush(Qt::NoBrush);
}

void PlotCursor::drawReadout(QCPPainter* painter, double x, const QRectF& area) const {
    painter->setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter->font());
    const double row = metrics.height() + scaled(1);
    const QString head = tr("step %1").arg(exact(std::llround(*crosshair_)));
    double names = 0.0;
    double texts = 0.0;
    for (const Value& value : values_) {
        names = std::max(names, metrics.horizontalAdvance(value.name));
        texts = std::max(texts, metrics.horizontalAdvance(value.text));
    }
    const double pad = scaled(6);
    const double mark = scaled(14);
    const double width = std::max(metrics.horizontalAdvance(head), mark + names + scaled(8) + texts) + 2 * pad;
    const double height = row * static_cast<double>(values_.size() + 1) + 2 * scaled(4);
    const bool fitsRight = x + scaled(10) + width <= area.right();
    QRectF box(fitsRight ? x + scaled(10) : x - scaled(10) - width, area.top() + scaled(4), width, height);
    box.moveLeft(std::clamp(box.left(), area.left(), std::max(area.left(), area.right() - width)));

    painter->setPen(QPen(theme().ctlBorder, 1));
    painter->setBrush(theme().raised);
    painter->drawRoundedRect(box, scaled(4), scaled(4));
    painter->setPen(theme().text);
    double y = box.top() + scaled(4);
    painter->drawText(QRectF(box.left() + pad, y, width, row), Qt::AlignVCenter | Qt::AlignLeft, head);
    for (const Value& value : values_) {
        y += row;
        painter->setPen(Qt::NoPen);
        painter->setBrush(value.color);
        painter->drawPath(markerPath(value.marker, scaled(7)).translated(box.left() + pad + scaled(4), y + row / 2));
        painter->setPen(theme().text2);
        painter->drawText(QRectF(box.left() + pad + mark, y, names + 1, row), Qt::AlignVCenter | Qt::AlignLeft, value.name);
        painter->setPen(theme().text);
        painter->drawText(QRectF(box.right() - pad - texts - 1, y, texts + 1, row), Qt::AlignVCenter | Qt::AlignRight, value.text);
    }
    painter->setBrush(Qt::NoBrush);
}

}  // namespace maskscope
