#pragma once

#include <QApplication>
#include <QMouseEvent>
#include <QWidget>

namespace maskscope::testing {

/// Moves the mouse within a widget, whether or not a window system is there to follow it.
inline void moveMouse(QWidget* widget, const QPoint& to, Qt::MouseButtons pressed = Qt::NoButton) {
    QMouseEvent event(QEvent::MouseMove, QPointF(to), widget->mapToGlobal(QPointF(to)), Qt::NoButton, pressed, Qt::NoModifier);
    QApplication::sendEvent(widget, &event);
}

}  // namespace maskscope::testing
