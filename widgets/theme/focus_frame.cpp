#include "widgets/theme/focus_frame.h"

#include <QApplication>
#include <QFocusEvent>
#include <QPainter>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kGapPx = 2;

bool isKeyboardReason(Qt::FocusReason reason) {
    return reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason;
}

int ringWidth() { return scaled(themeKind() == ThemeKind::HighContrast ? 3 : 2); }

}  // namespace

FocusFrame::FocusFrame(QWidget* window) : QWidget(window) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    setFocusPolicy(Qt::NoFocus);
    hide();
    qApp->installEventFilter(this);
}

bool FocusFrame::eventFilter(QObject* watched, QEvent* event) {
    auto* widget = qobject_cast<QWidget*>(watched);
    if (widget == nullptr || widget == this) return false;
    if (event->type() == QEvent::FocusIn) {
        const bool wanted = isKeyboardReason(static_cast<QFocusEvent*>(event)->reason()) && widget->window() == window();
        follow(wanted ? widget : nullptr);
    } else if (event->type() == QEvent::MouseButtonPress || (event->type() == QEvent::FocusOut && widget == target_)) {
        follow(nullptr);
    } else if (target_ != nullptr &&
               (event->type() == QEvent::Move || event->type() == QEvent::Resize || event->type() == QEvent::Show || event->type() == QEvent::Hide)) {
        if (widget == target_ || widget->isAncestorOf(target_)) place();
    }
    return false;
}

void FocusFrame::follow(QWidget* target) {
    target_ = target;
    place();
}

void FocusFrame::place() {
    if (target_ == nullptr || !target_->isVisible()) {
        hide();
        return;
    }
    const int outside = scaled(kGapPx) + ringWidth();
    QRect around(target_->mapTo(window(), QPoint(0, 0)), target_->size());
    around.adjust(-outside, -outside, outside, outside);
    setGeometry(around.intersected(window()->rect()));
    raise();
    show();
    update();
}

void FocusFrame::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal width = ringWidth();
    painter.setPen(QPen(theme().accent, width));
    painter.drawRoundedRect(QRectF(rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2), scaled(6), scaled(6));
}

}  // namespace maskscope
