#include "widgets/panels/time_lanes.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kNamesPx = 180, kMostNamesPx = 300, kAxisPx = 18, kLanePx = 25, kBarPx = 13, kRightPx = 14, kSnapPx = 6;

/// 1, 2 or 5 times a power of ten.
double tickSpacing(double range, int wanted) {
    const double rough = range / std::max(1, wanted);
    const double power = std::pow(10.0, std::floor(std::log10(std::max(1.0, rough))));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= rough) return factor * power;
    }
    return 10 * power;
}

QPainterPath diamond(QPointF center, double radius) {
    QPainterPath path;
    path.moveTo(center + QPointF(0, -radius));
    path.lineTo(center + QPointF(radius, 0));
    path.lineTo(center + QPointF(0, radius));
    path.lineTo(center + QPointF(-radius, 0));
    path.closeSubpath();
    return path;
}

}  // namespace

TimeLanes::TimeLanes(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Steps of the runs"));
}

void TimeLanes::setLanes(std::vector<TimeLane> lanes) {
    const bool resized = lanes.size() != lanes_.size();
    lanes_ = std::move(lanes);
    if (resized) updateGeometry();
    update();
}

void TimeLanes::setCurrentLane(const QString& id) {
    currentId_ = id;
    update();
}

void TimeLanes::setCursor(std::optional<qint64> step) {
    if (step == cursor_) return;
    cursor_ = step;
    setAccessibleDescription(step ? tr("Cursor at step %1").arg(exact(*step)) : tr("No run yet"));
    update();
}

qint64 TimeLanes::axisEnd() const {
    qint64 end = 0;
    for (const TimeLane& lane : lanes_) end = std::max({end, lane.lastStep, lane.step});
    return std::max<qint64>(end, 1);
}

QSize TimeLanes::sizeHint() const {
    const int count = std::clamp(static_cast<int>(lanes_.size()), 1, 4);
    return {scaled(600), scaled(kAxisPx) + count * scaled(kLanePx)};
}

QSize TimeLanes::minimumSizeHint() const { return {scaled(320), scaled(kAxisPx + kLanePx)}; }

int TimeLanes::namesWidth() const { return std::clamp(width() / 8, scaled(kNamesPx), scaled(kMostNamesPx)); }

QRect TimeLanes::axisArea() const { return {namesWidth(), 0, width() - namesWidth() - scaled(kRightPx), height()}; }

int TimeLanes::laneTop(std::size_t index) const { return scaled(kAxisPx) + static_cast<int>(index) * scaled(kLanePx); }

double TimeLanes::xOf(double step) const { return axisArea().left() + axisArea().width() * step / static_cast<double>(axisEnd()); }

qint64 TimeLanes::stepAt(double x) const {
    const double share = (x - axisArea().left()) / std::max(1, axisArea().width());
    return std::llround(std::clamp(share, 0.0, 1.0) * static_cast<double>(axisEnd()));
}

const TimeLane* TimeLanes::current() const {
    for (const TimeLane& lane : lanes_) {
        if (lane.id == currentId_) return &lane;
    }
    return lanes_.empty() ? nullptr : &lanes_.front();
}

const TimeLane* TimeLanes::laneAt(const QPoint& point) const {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (point.y() >= laneTop(i) && point.y() < laneTop(i) + scaled(kLanePx)) return &lanes_[i];
    }
    return nullptr;
}

void TimeLanes::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(maskscope::font(TextStyle::Label));
    if (lanes_.empty()) {
        painter.setPen(theme().text2);
        painter.drawText(rect(), Qt::AlignCenter,
                         tr("The steps of a run appear here: its checkpoints, forks and warnings, and a cursor through time."));
        return;
    }
    paintAxis(painter);
    for (std::size_t i = 0; i < lanes_.size(); ++i) paintLane(painter, lanes_[i], laneTop(i));
    paintCursor(painter);
}

void TimeLanes::paintAxis(QPainter& painter) const {
    const QRect area = axisArea();
    const double end = static_cast<double>(axisEnd());
    const double spacing = tickSpacing(end, area.width() / scaled(90));
    painter.setPen(theme().text2);
    for (double step = 0; step <= end; step += spacing) {
        const QString text = QLocale().toString(static_cast<qint64>(step));
        const int width = painter.fontMetrics().horizontalAdvance(text);
        const double x = std::min(xOf(step) - (step == 0 ? 0 : width / 2.0), static_cast<double>(this->width() - width - scaled(4)));
        if (cursorBox().intersects(QRectF(x - scaled(4), 0, width + scaled(8), scaled(kAxisPx)))) continue;
        painter.drawText(QPointF(x, scaled(12)), text);
    }
    painter.setPen(QPen(theme().border, 1));
    painter.drawLine(QPointF(area.left(), scaled(kAxisPx) - 2.5), QPointF(area.right(), scaled(kAxisPx) - 2.5));
    for (double step = 0; step <= end; step += spacing)
        painter.drawLine(QPointF(xOf(step), scaled(kAxisPx) - 5.5), QPointF(xOf(step), scaled(kAxisPx) - 2.5));
}

void TimeLanes::paintLane(QPainter& painter, const TimeLane& lane, int top) const {
    const RunStyle& style = theme().runs[static_cast<std::size_t>(lane.style)];
    const int middle = top + scaled(kLanePx) / 2;
    QPen line(style.color, theme().lineWidth);
    if (!style.dash.isEmpty()) {
        QVector<qreal> dash = style.dash;
        for (qreal& length : dash) length /= theme().lineWidth;
        line.setDashPattern(dash);
    }
    painter.setPen(line);
    painter.drawLine(QPointF(scaled(12), middle), QPointF(scaled(32), middle));
    painter.setFont(maskscope::font(&lane == current() ? TextStyle::AreaTitle : TextStyle::Label));
    painter.setPen(theme().text);
    const QString state = runStateName(lane.state).toLower();
    const int stateWidth = QFontMetrics(maskscope::font(TextStyle::Label)).horizontalAdvance(state);
    const QRect row(scaled(40), top, namesWidth() - scaled(40 + 10), scaled(kLanePx));
    const int nameWidth = row.width() - stateWidth - scaled(6);
    painter.drawText(row, Qt::AlignVCenter | Qt::AlignLeft, painter.fontMetrics().elidedText(lane.name, Qt::ElideRight, nameWidth));
    painter.setFont(maskscope::font(TextStyle::Label));
    painter.setPen(theme().text2);
    painter.drawText(row, Qt::AlignVCenter | Qt::AlignRight, state);

    const double half = scaled(kBarPx) / 2.0;
    const QRectF done(QPointF(xOf(static_cast<double>(lane.firstStep)), middle - half), QPointF(xOf(static_cast<double>(lane.step)), middle + half));
    QColor fill = style.color;
    fill.setAlphaF(0.28F);
    painter.fillRect(done, fill);
    painter.setPen(QPen(style.color, 1));
    painter.drawRect(done.adjusted(0.5, 0.5, -0.5, -0.5));
    if (lane.lastStep > lane.step) {
        painter.setPen(QPen(theme().ctlBorder, 1, Qt::DashLine));
        painter.drawLine(QPointF(done.right(), middle), QPointF(xOf(static_cast<double>(lane.lastStep)), middle));
    }
    paintMarks(painter, lane, middle);
}

void TimeLanes::paintMarks(QPainter& painter, const TimeLane& lane, int middle) const {
    painter.setPen(QPen(theme().text, 1.3));
    painter.setBrush(theme().panel);
    for (const qint64 step : lane.checkpoints) painter.drawPath(diamond({xOf(static_cast<double>(step)), middle + 0.5}, scaled(4)));
    painter.setBrush(Qt::NoBrush);
    const int side = scaled(15);
    for (const TimeLane::Warning& warning : lane.warnings)
        icon(QStringLiteral("warning"), theme().warning)
            .paint(&painter, qRound(xOf(static_cast<double>(warning.step))) - side / 2, middle - side / 2, side, side);
}

QRectF TimeLanes::cursorBox() const {
    if (!cursor_) return {};
    const double wide = QFontMetrics(maskscope::font(TextStyle::AreaTitle)).horizontalAdvance(QLocale().toString(*cursor_)) + scaled(12);
    QRectF box(std::round(xOf(static_cast<double>(*cursor_))) - wide / 2, 0, wide, scaled(kAxisPx) - 3);
    box.moveLeft(std::clamp(box.left(), 0.0, std::max(0.0, width() - wide)));
    return box;
}

void TimeLanes::paintCursor(QPainter& painter) const {
    if (!cursor_) return;
    const double x = std::round(xOf(static_cast<double>(*cursor_)));
    painter.setPen(QPen(theme().accent, 2));
    painter.drawLine(QPointF(x, scaled(kAxisPx) - 4), QPointF(x, height()));
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    painter.fillRect(cursorBox(), theme().accent);
    painter.setPen(theme().textOnAccent);
    painter.drawText(cursorBox(), Qt::AlignCenter, QLocale().toString(*cursor_));
}

void TimeLanes::moveTo(const QPoint& point) {
    const TimeLane* lane = laneAt(point) != nullptr ? laneAt(point) : current();
    if (lane == nullptr) return;
    qint64 step = std::clamp(stepAt(point.x()), lane->firstStep, std::max(lane->firstStep, lane->step));
    for (const qint64 checkpoint : lane->checkpoints) {
        if (std::abs(xOf(static_cast<double>(checkpoint)) - point.x()) <= scaled(kSnapPx)) step = checkpoint;
    }
    Q_EMIT cursorMoved(step);
}

void TimeLanes::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const QPoint point = event->position().toPoint();
    if (const TimeLane* lane = laneAt(point); lane != nullptr && lane->id != currentId_) Q_EMIT laneClicked(lane->id);
    if (point.x() >= axisArea().left() - scaled(kSnapPx)) moveTo(point);
}

void TimeLanes::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons().testFlag(Qt::LeftButton)) moveTo(event->position().toPoint());
}

void TimeLanes::keyPressEvent(QKeyEvent* event) {
    const TimeLane* lane = current();
    if (lane == nullptr) return QWidget::keyPressEvent(event);
    const qint64 from = cursor_.value_or(lane->step);
    std::optional<qint64> to;
    switch (event->key()) {
        case Qt::Key_Home:
            to = lane->firstStep;
            break;
        case Qt::Key_End:
            to = lane->step;
            break;
        case Qt::Key_Left:
            for (const qint64 step : lane->checkpoints) to = step < from ? std::optional(std::max(to.value_or(step), step)) : to;
            break;
        case Qt::Key_Right:
            to = lane->step;
            for (const qint64 step : lane->checkpoints) to = step > from ? std::optional(std::min(*to, step)) : to;
            break;
        default:
            return QWidget::keyPressEvent(event);
    }
    if (to) Q_EMIT cursorMoved(*to);
}

bool TimeLanes::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const TimeLane* lane = laneAt(help->pos());
        QString text = lane == nullptr ? QString() : tr("%1: step %2 of %3").arg(lane->name, exact(lane->step), exact(lane->lastStep));
        if (lane != nullptr) {
            for (const TimeLane::Warning& warning : lane->warnings) {
                if (std::abs(xOf(static_cast<double>(warning.step)) - help->pos().x()) <= scaled(8)) text = warning.text;
            }
        }
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace maskscope
