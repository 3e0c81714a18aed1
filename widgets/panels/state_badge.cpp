#include "widgets/panels/state_badge.h"

#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

/// Dot, square, octagon or ring: readable without colour.
QPainterPath shapeOf(RunState state, const QRectF& box) {
    QPainterPath path;
    switch (state) {
        case RunState::Preparing:
        case RunState::Paused:
        case RunState::Saving:
            path.addRect(box);
            break;
        case RunState::Failed: {
            const qreal cut = box.width() * 0.29;
            path.moveTo(box.left() + cut, box.top());
            path.lineTo(box.right() - cut, box.top());
            path.lineTo(box.right(), box.top() + cut);
            path.lineTo(box.right(), box.bottom() - cut);
            path.lineTo(box.right() - cut, box.bottom());
            path.lineTo(box.left() + cut, box.bottom());
            path.lineTo(box.left(), box.bottom() - cut);
            path.lineTo(box.left(), box.top() + cut);
            path.closeSubpath();
            break;
        }
        default:
            path.addEllipse(box);
    }
    return path;
}

bool isHollow(RunState state) { return state == RunState::Ready || state == RunState::Stopped || state == RunState::Finished; }

}  // namespace

StateBadge::StateBadge(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setState(RunState::Ready);
}

void StateBadge::setState(RunState state, const QString& detail) {
    const bool resized = state != state_;
    state_ = state;
    setAccessibleName(tr("State of the run: %1").arg(runStateName(state)));
    setToolTip(detail.isEmpty() ? accessibleName() : detail);
    setAccessibleDescription(detail);
    if (resized) updateGeometry();
    update();
}

QSize StateBadge::sizeHint() const {
    const int text = QFontMetrics(maskscope::font(TextStyle::AreaTitle)).horizontalAdvance(runStateName(state_));
    return {text + scaled(34), scaled(22)};
}

void StateBadge::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = runStateColor(state_);
    const QRectF pill = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(QPen(color, 1));
    painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
    const qreal side = scaled(8);
    const QRectF mark(scaled(10), (height() - side) / 2.0, side, side);
    painter.setPen(QPen(color, 1.5));
    painter.setBrush(isHollow(state_) ? QBrush(Qt::NoBrush) : QBrush(color));
    painter.drawPath(shapeOf(state_, mark));
    painter.setPen(color);
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    painter.drawText(rect().adjusted(scaled(24), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, runStateName(state_));
}

}  // namespace maskscope
