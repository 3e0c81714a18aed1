#include "widgets/attention/scale_bar.h"

#include <QPainter>

#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kBarHeightPx = 8;
constexpr int kBarWidthPx = 48;
constexpr int kColours = 64;

}  // namespace

ScaleBar::ScaleBar(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setScale(heatMap(), 0.0, 1.0);
}

void ScaleBar::setScale(ColorMap map, double low, double high) {
    map_ = map;
    low_ = low;
    high_ = high;
    setAccessibleName(tr("Colours from %1 to %2").arg(scaleEnd(low), scaleEnd(high)));
    setToolTip(accessibleName());
    updateGeometry();
    update();
}

void ScaleBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text2);
    const QFontMetrics metrics(painter.font());
    const QString low = scaleEnd(low_);
    const QString high = scaleEnd(high_);
    const int left = metrics.horizontalAdvance(low) + scaled(5);
    const int right = metrics.horizontalAdvance(high) + scaled(5);
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, low);
    painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, high);
    const QRect bar(left, (height() - scaled(kBarHeightPx)) / 2, width() - left - right, scaled(kBarHeightPx));
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(bar, colorBar(map_, kColours));
}

QSize ScaleBar::sizeHint() const {
    const QFontMetrics metrics(maskscope::font(TextStyle::Label));
    return {metrics.horizontalAdvance(scaleEnd(low_) + scaleEnd(high_)) + scaled(kBarWidthPx + 10), metrics.height()};
}

QSize ScaleBar::minimumSizeHint() const { return sizeHint(); }

}  // namespace maskscope
