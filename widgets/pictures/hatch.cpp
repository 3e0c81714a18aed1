#include "widgets/pictures/hatch.h"

#include <QPainter>
#include <QPixmap>
#include <QPixmapCache>
#include <cmath>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

/// One tile of the pattern. Lines run from bottom left to top right and go on in the neighbours: all three pieces are parallel, one period apart.
QPixmap hatchTile(qreal ratio, bool small) {
    const int side = qRound((small ? 4 : 6) * std::sqrt(2.0) * ratio);  // along a row; across the lines 4 or 6
    QPixmap tile(side, side);
    tile.fill(hatchGround());
    QColor line(Qt::white);
    line.setAlphaF(themeKind() == ThemeKind::HighContrast ? 0.8F : 0.34F);
    QPainter painter(&tile);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(line, ratio, Qt::SolidLine, Qt::FlatCap));
    for (int shift = -side; shift <= side; shift += side) painter.drawLine(QPointF(shift - 1, side + 1), QPointF(shift + side + 1, -1));
    painter.end();
    tile.setDevicePixelRatio(ratio);
    return tile;
}

}  // namespace

QColor hatchGround() { return themeKind() == ThemeKind::HighContrast ? QColor(Qt::black) : QColor(0x2b, 0x2e, 0x33); }

QBrush hatchBrush(qreal devicePixelRatio, bool small) {
    const QString key = QStringLiteral("maskscope-hatch-%1-%2-%3").arg(devicePixelRatio).arg(small).arg(themeKind() == ThemeKind::HighContrast);
    QPixmap tile;
    if (!QPixmapCache::find(key, &tile)) {
        tile = hatchTile(devicePixelRatio, small);
        QPixmapCache::insert(key, tile);
    }
    return QBrush(tile);
}

}  // namespace maskscope
