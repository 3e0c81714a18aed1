#include "widgets/plots/plot_items.h"

#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/plots/run_marker.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kReferenceWidthPx = 1.2;
constexpr double kDotPx = 7.0;
constexpr int kSamplePx = 26;   // of a line, in the small legend
constexpr int kLineWeight = 8;  // a covered reference line is as bad as so many covered points of a curve

}  // namespace

std::vector<ReferenceLines::Reference> ReferenceLines::ofPixels(const BaselineRecord& baselines) {
    return {{tr("mean patch"), baselines.meanPatch}, {tr("nearest visible"), baselines.nearestVisible}, {tr("smooth inpaint"), baselines.inpaint}};
}

std::vector<ReferenceLines::Reference> ReferenceLines::ofBlindAnswer(double loss) { return {{tr("best blind answer"), loss}}; }

void ReferenceLines::setReferences(std::vector<Reference> references, const QString& owner) {
    references_ = std::move(references);
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

int ReferenceLines::obstaclesIn(const QRectF& place) const {
    return static_cast<int>(
        std::count_if(obstaclePixels_.begin(), obstaclePixels_.end(), [&](const QPointF& point) { return place.contains(point); }));
}

std::vector<ReferenceLines::Line> ReferenceLines::linesInSight(const QRectF& area) const {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < references_.size(); ++i) {
        const auto& [name, loss] = references_[i];
        const double y = parentPlot()->yAxis->coordToPixel(loss);
        if (!std::isfinite(y) || y < area.top() || y > area.bottom()) {
            continue;
        }
        lines.push_back({i, y, name + QLatin1Char(' ') + significant(loss) + (owner_.isEmpty() ? QString() : QStringLiteral(" · ") + owner_)});
    }
    return lines;
}

void ReferenceLines::placeOnLines(const std::vector<Line>& lines, const QFontMetricsF& metrics, const QRectF& area) {
    for (const Line& line : lines) {
        labels_[line.index] = freePlace(QSizeF(metrics.horizontalAdvance(line.text) + scaled(8), metrics.height()), line.y, area);
    }
}

/// At the right, close above the lines or below them, far above or over them: where the fewest lines and curves are. Without room the labels are left
/// out.
void ReferenceLines::placeInColumn(const std::vector<Line>& lines, const QFontMetricsF& metrics, const QRectF& area) {
    std::vector<Line> sorted = lines;
    std::sort(sorted.begin(), sorted.end(), [](const Line& a, const Line& b) { return a.y < b.y; });
    double width = 0.0;
    for (const Line& line : sorted) {
        width = std::max(width, metrics.horizontalAdvance(line.text) + scaled(kSamplePx + 12));
    }
    const double row = metrics.height(), height = row * static_cast<double>(sorted.size());
    if (width > area.width() || height > area.height()) {
        return;
    }
    const auto crossings = [&](const QRectF& place) {
        const auto crossed =
            std::count_if(sorted.begin(), sorted.end(), [&](const Line& line) { return place.top() < line.y && line.y < place.bottom(); });
        return kLineWeight * static_cast<int>(crossed) + obstaclesIn(place);
    };
    QRectF best;
    for (const double top : {sorted.front().y - height - scaled(3), sorted.back().y + scaled(3), area.top() + scaled(2),
                             (sorted.front().y + sorted.back().y - height) / 2.0}) {
        const QRectF place(area.right() - width - scaled(2), std::clamp(top, area.top(), area.bottom() - height), width, height);
        best = !best.isValid() || crossings(place) < crossings(best) ? place : best;
    }
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        labels_[sorted[i].index] = QRectF(best.left(), best.top() + row * static_cast<double>(i), width, row);
    }
}

void ReferenceLines::drawLabels(QCPPainter* painter, const std::vector<Line>& lines) const {
    for (const Line& line : lines) {
        const QRectF& place = labels_[line.index];
        if (!place.isValid()) {
            continue;
        }
        painter->fillRect(place, theme().panel);
        double left = place.left() + scaled(4);
        if (inColumn_) {
            painter->setPen(dashedPen(theme().text2, scaled(1) * kReferenceWidthPx, referenceDash(static_cast<int>(line.index))));
            painter->drawLine(QLineF(left, place.center().y(), left + scaled(kSamplePx), place.center().y()));
            left += scaled(kSamplePx + 6);
        }
        painter->setPen(theme().text2);
        painter->drawText(QRectF(left, place.top(), place.right() - left, place.height()), Qt::AlignLeft | Qt::AlignVCenter, line.text);
    }
}

void ReferenceLines::draw(QCPPainter* painter) {
    labels_.assign(references_.size(), QRectF());
    if (references_.empty()) {
        return;
    }
    placeObstacles();
    const QRectF area = parentPlot()->axisRect()->rect();
    const std::vector<Line> lines = linesInSight(area);
    painter->setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter->font());
    inColumn_ = false;
    for (const Line& line : lines) {
        painter->setPen(dashedPen(theme().text2, scaled(1) * kReferenceWidthPx, referenceDash(static_cast<int>(line.index))));
        painter->drawLine(QLineF(area.left(), line.y, area.right(), line.y));
        for (const Line& other : lines) {
            inColumn_ = inColumn_ || (other.index != line.index && std::abs(other.y - line.y) < metrics.height());
        }
    }
    inColumn_ ? placeInColumn(lines, metrics, area) : placeOnLines(lines, metrics, area);
    drawLabels(painter, lines);
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
