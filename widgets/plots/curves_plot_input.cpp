// What mouse, wheel and keys do in the large plot.

#include <algorithm>
#include <cmath>

#include "widgets/plots/curves_plot.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kGrabPx = 6.0;
constexpr double kClickSlackPx = 4.0;
constexpr double kWheelZoom = 0.85;  // a notch
constexpr double kKeyZoom = 0.7;
constexpr double kKeyStepsAcross = 200.0;

}  // namespace

double CurvesPlot::stepAt(double x) const {
    const double step = std::round(xAxis->pixelToCoord(x));
    const auto range = curves_ ? curves_->stepRange() : std::nullopt;
    return range ? std::clamp(step, 0.0, range->second) : std::max(0.0, step);
}

void CurvesPlot::moveCursorTo(double step) {
    setTimeCursor(step);
    Q_EMIT cursorMoved(step);
}

void CurvesPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !axisRect()->rect().contains(event->position().toPoint())) {
        event->ignore();
        return;
    }
    pressed_ = dragged_ = event->position();
    moved_ = false;
    const bool grabsCursor = cursor_->cursor() && std::abs(xAxis->coordToPixel(*cursor_->cursor()) - pressed_.x()) <= scaled(kGrabPx);
    drag_ = grabsCursor ? Drag::Cursor : Drag::Pan;
}

void CurvesPlot::mouseMoveEvent(QMouseEvent* event) {
    const QPointF position = event->position();
    const bool isInside = axisRect()->rect().contains(position.toPoint());
    if (drag_ == Drag::None) {
        const bool overCursor = cursor_->cursor() && std::abs(xAxis->coordToPixel(*cursor_->cursor()) - position.x()) <= scaled(kGrabPx);
        setCursor(isInside && overCursor ? Qt::SizeHorCursor : Qt::ArrowCursor);
        const std::optional<double> step = isInside && curves_ ? std::optional(stepAt(position.x())) : std::nullopt;
        setCrosshair(step);
        Q_EMIT crosshairMoved(step.value_or(qQNaN()));
        return;
    }
    moved_ = moved_ || (position - pressed_).manhattanLength() > kClickSlackPx;
    if (drag_ == Drag::Cursor) {
        moveCursorTo(stepAt(position.x()));
    } else if (moved_) {
        followsNewest_ = false;
        if (options_.logSteps) {
            const double ratio = xAxis->pixelToCoord(dragged_.x()) / xAxis->pixelToCoord(position.x());
            xAxis->setRange(xAxis->range().lower * ratio, xAxis->range().upper * ratio);
        } else {
            xAxis->moveRange(xAxis->pixelToCoord(dragged_.x()) - xAxis->pixelToCoord(position.x()));
        }
        dragged_ = position;
        refresh();
    }
}

void CurvesPlot::mouseReleaseEvent(QMouseEvent* event) {
    if (drag_ == Drag::Pan && !moved_ && event->button() == Qt::LeftButton) {
        moveCursorTo(stepAt(event->position().x()));
    }
    drag_ = Drag::None;
}

void CurvesPlot::mouseDoubleClickEvent(QMouseEvent*) {
    drag_ = Drag::None;
    fit();
}

void CurvesPlot::wheelEvent(QWheelEvent* event) {
    // with Shift some systems turn the wheel sideways
    const QPoint angle = event->angleDelta();
    const double notches = (angle.y() != 0 ? angle.y() : angle.x()) / 120.0;
    const double factor = std::pow(kWheelZoom, notches);
    if (event->modifiers().testFlag(Qt::ShiftModifier)) {
        followsValues_ = false;
        yAxis->scaleRange(factor, yAxis->pixelToCoord(event->position().y()));
        refresh();
    } else {
        zoomSteps(factor, xAxis->pixelToCoord(event->position().x()));
    }
    event->accept();
}

void CurvesPlot::leaveEvent(QEvent* event) {
    QCustomPlot::leaveEvent(event);
    setCrosshair(std::nullopt);
    Q_EMIT crosshairMoved(qQNaN());
}

void CurvesPlot::keyPressEvent(QKeyEvent* event) {
    const auto steps = curves_ ? curves_->stepRange() : std::nullopt;
    if (!steps) {
        QCustomPlot::keyPressEvent(event);
        return;
    }
    const double at = cursor_->cursor().value_or(steps->second);
    const double far = event->modifiers().testFlag(Qt::ShiftModifier) ? 10.0 : 1.0;
    const double distance = far * std::max(1.0, std::round(xAxis->range().size() / kKeyStepsAcross));
    switch (event->key()) {
        case Qt::Key_Left:
            moveCursorTo(std::max(0.0, at - distance));
            break;
        case Qt::Key_Right:
            moveCursorTo(std::min(steps->second, at + distance));
            break;
        case Qt::Key_Home:
            moveCursorTo(steps->first);
            break;
        case Qt::Key_End:
            moveCursorTo(steps->second);
            break;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            zoomSteps(kKeyZoom, at);
            break;
        case Qt::Key_Minus:
            zoomSteps(1.0 / kKeyZoom, at);
            break;
        case Qt::Key_0:
            fit();
            break;
        default:
            QCustomPlot::keyPressEvent(event);
    }
}

}  // namespace maskscope
