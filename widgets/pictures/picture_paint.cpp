#include "widgets/pictures/picture_paint.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/hatch.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kSmallTile = 40.0;   // px: below it hatch and outline get lighter
constexpr qreal kRoomyPatch = 12.0;  // px: below it a dark edge beside the light one would cover too much

bool isSmall(const QRectF& area) { return std::min(area.width(), area.height()) < scaled(kSmallTile); }

QColor withAlpha(Qt::GlobalColor color, float alpha) {
    QColor result(color);
    result.setAlphaF(alpha);
    return result;
}

qreal ratioOf(const QPainter& painter) { return painter.device() ? painter.device()->devicePixelRatioF() : 1.0; }

/// From patch units to the area.
QTransform patchTransform(const QRectF& area, const PatchGrid& grid) {
    QTransform transform;
    transform.translate(area.left(), area.top());
    transform.scale(area.width() / grid.columns, area.height() / grid.rows);
    return transform;
}

/// Lines on pixel edges become lines on pixel centres, which antialiasing leaves sharp.
QPainterPath sharp(const QPainterPath& path, qreal ratio) { return path.translated(0.5 / ratio, 0.5 / ratio); }

void strokeRect(QPainter& painter, const QRectF& rect, const QColor& color, qreal width) {
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect);
}

}  // namespace

QRectF alignedPictureRect(const QRectF& available, const QSizeF& picture, const PatchGrid& grid, qreal ratio) {
    const qreal width = std::floor(available.width() * ratio), height = std::floor(available.height() * ratio);
    if (width < 1 || height < 1) return {};
    qreal w = width, h = height;
    if (!picture.isEmpty()) {
        const qreal scale = std::min(width / picture.width(), height / picture.height());
        w = std::max(1.0, std::floor(picture.width() * scale + 1e-6));
        h = std::max(1.0, std::floor(picture.height() * scale + 1e-6));
    }
    if (!grid.isEmpty() && w >= 2 * grid.columns && h >= 2 * grid.rows) {
        w = std::floor(w / grid.columns) * grid.columns;
        h = std::floor(h / grid.rows) * grid.rows;
    }
    const qreal left = std::round(available.left() * ratio + std::floor((width - w) / 2));
    const qreal top = std::round(available.top() * ratio + std::floor((height - h) / 2));
    return {left / ratio, top / ratio, w / ratio, h / ratio};
}

void paintImage(QPainter& painter, const QRectF& area, const QImage& image, bool smooth) {
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, smooth);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.drawImage(area, image);
    painter.restore();
}

void paintHatch(QPainter& painter, const QRectF& area, const PatchGrid& grid, const QPainterPath& hidden) {
    if (hidden.isEmpty() || grid.isEmpty()) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(Qt::NoPen);
    painter.setBrush(hatchBrush(ratioOf(painter), isSmall(area)));
    painter.setBrushOrigin(area.topLeft());
    const QTransform place = patchTransform(area, grid);
    for (int i = 0; i + 4 < hidden.elementCount(); i += 5) {  // rectangles, as regionArea makes them
        const QPointF from(hidden.elementAt(i)), to(hidden.elementAt(i + 2));
        painter.drawRect(QRectF(place.map(from), place.map(to)));
    }
    painter.restore();
}

void paintOutline(QPainter& painter, const QRectF& area, const PatchGrid& grid, const QPainterPath& edges, OutlineWeight weight) {
    if (edges.isEmpty() || grid.isEmpty()) return;
    painter.save();
    painter.setClipRect(area);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPainterPath path = sharp(patchTransform(area, grid).map(edges), ratioOf(painter));
    const bool strong = weight == OutlineWeight::Strong;
    const qreal patch = std::min(area.width() / grid.columns, area.height() / grid.rows);
    if (!isSmall(area) && (strong || patch >= kRoomyPatch))
        painter.strokePath(path, QPen(withAlpha(Qt::black, strong ? 0.55F : 0.3F), 2.5, Qt::SolidLine, Qt::SquareCap));
    painter.strokePath(path, QPen(withAlpha(Qt::white, strong ? 0.8F : 0.5F), 1.0, Qt::SolidLine, Qt::SquareCap));
    painter.restore();
}

void paintGrid(QPainter& painter, const QRectF& area, const PatchGrid& grid) {
    if (grid.isEmpty()) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath path;
    for (int column = 1; column < grid.columns; ++column) {
        path.moveTo(column, 0);
        path.lineTo(column, grid.rows);
    }
    for (int row = 1; row < grid.rows; ++row) {
        path.moveTo(0, row);
        path.lineTo(grid.columns, row);
    }
    const qreal ratio = ratioOf(painter);
    path = sharp(patchTransform(area, grid).map(path), ratio);
    painter.strokePath(path, QPen(withAlpha(Qt::black, 0.4F), 1.0, Qt::SolidLine, Qt::FlatCap));
    painter.strokePath(path, QPen(withAlpha(Qt::white, 0.3F), 1.0, Qt::SolidLine, Qt::FlatCap));
    painter.restore();
}

void paintNoValue(QPainter& painter, const QRectF& rect) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(rect, theme().well);
    painter.setClipRect(rect);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().ctlBorder, 1.0));
    painter.drawLine(rect.bottomLeft(), rect.topRight());
    painter.restore();
}

void paintHoveredPatch(QPainter& painter, const QRectF& patch) {
    painter.save();
    const qreal half = 0.5 / ratioOf(painter);
    strokeRect(painter, patch.adjusted(half - 1, half - 1, -half + 1, -half + 1), Qt::black, 1.0);
    strokeRect(painter, patch.adjusted(half, half, -half, -half), Qt::white, 1.0);
    painter.restore();
}

void paintSelectedPatch(QPainter& painter, const QRectF& patch) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = patch.adjusted(-1.5, -1.5, 1.5, 1.5);
    strokeRect(painter, frame, Qt::black, 4.0);
    strokeRect(painter, frame, Qt::white, 1.8);
    painter.restore();
}

void paintQueryPatch(QPainter& painter, const QRectF& patch) {
    paintSelectedPatch(painter, patch);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Qt::black, 1.5));
    painter.setBrush(Qt::white);
    painter.drawEllipse(patch.center(), 3.0, 3.0);
    painter.restore();
}

void paintChosenFrame(QPainter& painter, const QRectF& area) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    strokeRect(painter, area.adjusted(0.75, 0.75, -0.75, -0.75), Qt::white, 1.5);
    strokeRect(painter, area.adjusted(-1, -1, 1, 1), theme().accent, 2.0);
    painter.restore();
}

void paintLeaks(QPainter& painter, const QRectF& area) {
    painter.save();
    strokeRect(painter, area.adjusted(1.5, 1.5, -1.5, -1.5), theme().leaks, 3.0);
    QFont tag = maskscope::font(TextStyle::Tag);
    tag.setWeight(QFont::Bold);
    const QFontMetricsF metrics(tag);
    const QString word = QStringLiteral("LEAKS");  // the one label that is the same in every language
    const qreal mark = metrics.ascent();
    const QRectF box(area.left(), area.top(), mark + metrics.horizontalAdvance(word) + scaled(12), metrics.height() + scaled(3));
    if (box.width() <= area.width()) {
        painter.fillRect(box, theme().leaks);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF sign(box.left() + scaled(4), box.center().y() - mark / 2, mark, mark);
        painter.setPen(QPen(theme().textOnSemantic, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolygon(
            QPolygonF{{QPointF(sign.center().x(), sign.top() + 1), sign.bottomRight() - QPointF(0.5, 1), sign.bottomLeft() + QPointF(0.5, -1)}});
        painter.setFont(tag);
        painter.drawText(box.adjusted(mark + scaled(7), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, word);
    }
    painter.restore();
}

void paintCornerLabel(QPainter& painter, const QRectF& area, Qt::Corner corner, const QString& text, const QColor& color) {
    painter.save();
    painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter.font());
    const qreal padding = scaled(5), gap = std::min<qreal>(scaled(6), area.width() / 20);
    const QString shown = metrics.elidedText(text, Qt::ElideRight, area.width() - 2 * (padding + gap));
    QRectF box(0, 0, std::ceil(metrics.horizontalAdvance(shown) + 2 * padding), std::ceil(metrics.height() + scaled(4)));
    const bool right = corner == Qt::TopRightCorner || corner == Qt::BottomRightCorner;
    const bool bottom = corner == Qt::BottomLeftCorner || corner == Qt::BottomRightCorner;
    box.moveTo(right ? area.right() - gap - box.width() : area.left() + gap, bottom ? area.bottom() - gap - box.height() : area.top() + gap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().border, 1.0));
    painter.setBrush(theme().panel);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), scaled(3), scaled(3));
    painter.setPen(color);
    painter.drawText(box, Qt::AlignCenter, shown);
    painter.restore();
}

QRectF paintKeyCap(QPainter& painter, qreal left, const QRectF& row, const QString& key) {
    painter.save();
    painter.setFont(maskscope::font(TextStyle::Tag));
    const QFontMetricsF metrics(painter.font());
    const qreal height = std::min<qreal>(row.height(), scaled(14));
    const QRectF cap(left, std::round(row.center().y() - height / 2), std::max(height, metrics.horizontalAdvance(key) + scaled(6)), height);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().ctlBorder, 1.0));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), scaled(3), scaled(3));
    painter.setPen(theme().text2);
    painter.drawText(cap, Qt::AlignCenter, key);
    painter.restore();
    return cap;
}

void paintFocusRing(QPainter& painter, const QRectF& area) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal width = themeKind() == ThemeKind::HighContrast ? 3.0 : 2.0;
    painter.setPen(QPen(theme().accent, width));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(area.adjusted(width / 2, width / 2, -width / 2, -width / 2), scaled(2), scaled(2));
    painter.restore();
}

void paintScaleBar(QPainter& painter, const QRectF& row, const QImage& bar, const QString& low, const QString& high) {
    painter.save();
    painter.setFont(maskscope::font(TextStyle::Label));
    const QFontMetricsF metrics(painter.font());
    const QString ends = low + QChar(u'\u2013') + high;
    const qreal text = std::ceil(metrics.horizontalAdvance(ends)), gap = scaled(3);
    const qreal width = std::min<qreal>(scaled(20), std::floor(row.width() - text - gap));
    if (text <= row.width()) {
        painter.setPen(theme().text2);
        painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, ends);
    }
    if (width >= scaled(6)) {
        const qreal height = scaled(6);
        paintImage(painter, QRectF(std::round(row.right() - text - gap - width), std::round(row.center().y() - height / 2), width, height), bar,
                   true);
    }
    painter.restore();
}

}  // namespace maskscope
