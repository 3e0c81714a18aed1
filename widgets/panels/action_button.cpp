#include "widgets/panels/action_button.h"

#include <QFontMetrics>
#include <QKeyEvent>
#include <QStyle>
#include <QStyleOptionButton>
#include <QStylePainter>

#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kPaddingPx = 12, kGapPx = 7, kIconPx = 16, kCapPaddingPx = 5;

int capWidth(const QString& key) { return QFontMetrics(maskscope::font(TextStyle::Tag)).horizontalAdvance(key) + 2 * scaled(kCapPaddingPx); }

}  // namespace

ActionButton::ActionButton(QWidget* parent) : QPushButton(parent) { setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed); }

void ActionButton::setFace(const QString& iconName, const QString& verb, const QString& key) {
    if (iconName == iconName_ && verb == text() && key == key_) return;
    iconName_ = iconName;
    key_ = key;
    setText(verb);
    setAccessibleName(verb);
    describe();
    updateGeometry();
}

void ActionButton::setRole(Role role) {
    role_ = role;
    const char* const names[] = {"", "primary", "quiet"};
    setProperty("role", QLatin1String(names[static_cast<int>(role)]));
    style()->polish(this);
}

void ActionButton::setHelp(const QString& help) {
    help_ = help;
    describe();
}

void ActionButton::setUnavailable(const QString& reason) {
    if (reason == reason_) return;
    const bool changed = reason.isEmpty() != reason_.isEmpty();
    reason_ = reason;
    describe();
    if (!changed) return;
    setProperty("unavailable", !reason.isEmpty());
    style()->unpolish(this);
    style()->polish(this);
    update();
}

void ActionButton::describe() {
    const QString shown = reason_.isEmpty() ? help_ : reason_;
    setToolTip(shown.isEmpty() ? text() : shown);
    setAccessibleDescription(shown);
}

bool ActionButton::event(QEvent* event) {
    if (!reason_.isEmpty()) {
        const bool pressed = event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick;
        const bool typed = event->type() == QEvent::KeyPress &&
                           (static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space || static_cast<QKeyEvent*>(event)->key() == Qt::Key_Return ||
                            static_cast<QKeyEvent*>(event)->key() == Qt::Key_Enter);
        if (pressed || typed) {
            Q_EMIT reasonAsked(reason_);
            return true;
        }
    }
    return QPushButton::event(event);
}

QSize ActionButton::sizeHint() const {
    int width = 2 * scaled(kPaddingPx) + QFontMetrics(maskscope::font(TextStyle::Button)).horizontalAdvance(text());
    if (!iconName_.isEmpty()) width += scaled(kIconPx) + (text().isEmpty() ? 0 : scaled(kGapPx));
    if (!key_.isEmpty()) width += scaled(kGapPx) + capWidth(key_);
    return {width, scaled(28)};
}

QColor ActionButton::faceColor() const {
    if (!isEnabled() || !reason_.isEmpty()) return theme().disabled;
    return role_ == Role::Primary ? theme().textOnAccent : theme().text;
}

void ActionButton::paintEvent(QPaintEvent*) {
    QStylePainter painter(this);
    QStyleOptionButton option;
    initStyleOption(&option);
    option.text.clear();
    option.icon = QIcon();
    painter.drawControl(QStyle::CE_PushButtonBevel, option);

    const QColor color = faceColor();
    const int content = sizeHint().width() - 2 * scaled(kPaddingPx);
    int x = (width() - content) / 2;
    if (!iconName_.isEmpty()) {
        const int side = scaled(kIconPx);
        maskscope::icon(iconName_, color).paint(&painter, x, (height() - side) / 2, side, side);
        x += side + scaled(kGapPx);
    }
    painter.setPen(color);
    painter.setFont(maskscope::font(TextStyle::Button));
    painter.drawText(QRect(x, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft, text());
    if (key_.isEmpty()) return;
    x += QFontMetrics(maskscope::font(TextStyle::Button)).horizontalAdvance(text()) + scaled(kGapPx);
    const int capHeight = scaled(16);
    const QRectF cap(x + 0.5, (height() - capHeight) / 2 + 0.5, capWidth(key_) - 1, capHeight - 1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.drawRoundedRect(cap, scaled(3), scaled(3));
    painter.setFont(maskscope::font(TextStyle::Tag));
    painter.drawText(cap, Qt::AlignCenter, key_);
}

}  // namespace maskscope
