#include "widgets/plots/run_marker.h"

#include <QPolygonF>
#include <array>
#include <cmath>
#include <numbers>

namespace maskscope {
namespace {

QPainterPath polygon(std::initializer_list<QPointF> corners, qreal half) {
    QPolygonF points;
    for (const QPointF& corner : corners) {
        points << corner * half;
    }
    QPainterPath path;
    path.addPolygon(points);
    path.closeSubpath();
    return path;
}

QPainterPath plus(qreal half) {
    constexpr qreal kArm = 0.3;
    QPainterPath path;
    path.setFillRule(Qt::WindingFill);
    path.addRect(QRectF(-half, -kArm * half, 2 * half, 2 * kArm * half));
    path.addRect(QRectF(-kArm * half, -half, 2 * kArm * half, 2 * half));
    return path.simplified();
}

QPainterPath hexagon(qreal half) {
    QPolygonF points;
    for (int i = 0; i < 6; ++i) {
        const double angle = (i + 0.5) * std::numbers::pi / 3.0;
        points << QPointF(half * std::cos(angle), half * std::sin(angle));
    }
    QPainterPath path;
    path.addPolygon(points);
    path.closeSubpath();
    return path;
}

}  // namespace

QPainterPath markerPath(int marker, qreal size) {
    const qreal half = size / 2.0;
    QPainterPath path;
    switch (marker) {
        case 1:
            return polygon({{0, -1}, {1, 0.8}, {-1, 0.8}}, half);
        case 2:
            return polygon({{-0.85, -0.85}, {0.85, -0.85}, {0.85, 0.85}, {-0.85, 0.85}}, half);
        case 3:
            return polygon({{0, -1.1}, {1.1, 0}, {0, 1.1}, {-1.1, 0}}, half);
        case 4:
            return polygon({{0, 1}, {1, -0.8}, {-1, -0.8}}, half);
        case 5:
            return QTransform().rotate(45).map(plus(1.15 * half));
        case 6:
            return plus(1.1 * half);
        case 7:
            return hexagon(1.05 * half);
        default:
            path.addEllipse(QPointF(0, 0), half, half);
            return path;
    }
}

QPen dashedPen(const QColor& color, qreal width, const QVector<qreal>& dashPx) {
    QPen pen(color, width, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin);
    if (!dashPx.isEmpty()) {
        QVector<qreal> pattern;
        for (const qreal length : dashPx) {
            pattern << length / width;  // QPen counts in pen widths
        }
        pen.setDashPattern(pattern);
    }
    return pen;
}

QPen runPen(const RunStyle& style, qreal width) { return dashedPen(style.color, width, style.dash); }

QVector<qreal> validationDash() { return {5, 3}; }

QVector<qreal> referenceDash(int index) {
    static const std::array<QVector<qreal>, 3> dashes = {{{8, 4}, {2, 3}, {8, 3, 2, 3}}};
    return dashes.at(static_cast<std::size_t>(index));
}

}  // namespace maskscope
