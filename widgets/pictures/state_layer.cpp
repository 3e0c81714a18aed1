#include "widgets/pictures/state_layer.h"

#include <QEvent>
#include <QPainter>
#include <QPushButton>

#include "widgets/pictures/picture_paint.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kLabelAfterMs = 200, kBarAfterMs = 2000;
constexpr int kWidestText = 360;  // px

}  // namespace

StateLayer::StateLayer(QWidget* parent) : QWidget(parent), button_(new QPushButton(this)) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    button_->hide();
    connect(button_, &QPushButton::clicked, this, &StateLayer::actionTriggered);
    labelTimer_.setSingleShot(true);
    connect(&labelTimer_, &QTimer::timeout, this, [this] {
        update();
        if (state_.kind == ViewState::Kind::Waiting && waiting_.elapsed() < kBarAfterMs)
            labelTimer_.start(kBarAfterMs - static_cast<int>(waiting_.elapsed()));
    });
    parent->installEventFilter(this);
    setGeometry(parent->rect());
    hide();
}

void StateLayer::setState(const ViewState& state) {
    if (state == state_ && !isHidden() == (state.kind != ViewState::Kind::Ready)) return;
    const bool wasWaiting = state_.kind == ViewState::Kind::Waiting;
    state_ = state;
    if (state.kind == ViewState::Kind::Waiting && !wasWaiting) {
        waiting_.start();
        labelTimer_.start(kLabelAfterMs);
    }
    if (state.kind != ViewState::Kind::Waiting) labelTimer_.stop();
    setAttribute(Qt::WA_TransparentForMouseEvents, !state.coversContent());
    button_->setText(state.action);
    button_->setAccessibleDescription(state.title + QChar(u' ') + state.hint);
    button_->setVisible(state.coversContent() && !state.action.isEmpty());
    setAccessibleName(state.coversContent() ? state.title : state.label());
    setAccessibleDescription(state.coversContent() ? state.hint : QString());
    setVisible(state.kind != ViewState::Kind::Ready);
    raise();
    place();
    update();
}

bool StateLayer::isWaitingShown() const {
    return state_.kind == ViewState::Kind::Waiting && waiting_.isValid() && waiting_.elapsed() >= kLabelAfterMs;
}

bool StateLayer::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parent() && event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(watched, event);
}

void StateLayer::resizeEvent(QResizeEvent*) { place(); }

QRect StateLayer::textRect(const QString& text, const QFont& style, int top) const {
    const int width = std::min(scaled(kWidestText), std::max(1, this->width() - scaled(24)));
    const QRect bounds = QFontMetrics(style).boundingRect(QRect(0, 0, width, 10000), Qt::AlignHCenter | Qt::TextWordWrap, text);
    return {(this->width() - width) / 2, top, width, text.isEmpty() ? 0 : bounds.height()};
}

/// From top to bottom: sign, title, hint, button, the whole in the middle.
void StateLayer::place() {
    const int sign = state_.kind == ViewState::Kind::Failed ? scaled(20) : 0;
    const int gap = scaled(6);
    const int titleHeight = textRect(state_.title, maskscope::font(TextStyle::AreaTitle), 0).height();
    const int hintHeight = textRect(state_.hint, maskscope::font(TextStyle::Body), 0).height();
    const QSize button = button_->isHidden() ? QSize(0, 0) : button_->sizeHint();
    const int total =
        (sign > 0 ? sign + gap : 0) + titleHeight + (hintHeight > 0 ? gap + hintHeight : 0) + (button.height() > 0 ? 2 * gap + button.height() : 0);
    int top = std::max(gap, (height() - total) / 2);
    sign_ = QRect((width() - sign) / 2, top, sign, sign);
    top += sign > 0 ? sign + gap : 0;
    title_ = textRect(state_.title, maskscope::font(TextStyle::AreaTitle), top);
    top = title_.top() + titleHeight + gap;
    hint_ = textRect(state_.hint, maskscope::font(TextStyle::Body), top);
    top = (hintHeight > 0 ? hint_.top() + hintHeight + gap : top) + gap;
    button_->setGeometry(QRect(QPoint((width() - button.width()) / 2, top), button));
}

void StateLayer::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    state_.coversContent() ? paintCover(painter) : paintCorner(painter);
}

void StateLayer::paintCover(QPainter& painter) {
    painter.fillRect(rect(), theme().panel);
    if (!sign_.isEmpty()) icon(QStringLiteral("error"), theme().error).paint(&painter, sign_);
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    painter.setPen(theme().text);
    painter.drawText(title_, Qt::AlignHCenter | Qt::TextWordWrap, state_.title);
    painter.setFont(maskscope::font(TextStyle::Body));
    painter.setPen(theme().text2);
    painter.drawText(hint_, Qt::AlignHCenter | Qt::TextWordWrap, state_.hint);
}

void StateLayer::paintCorner(QPainter& painter) {
    const QRectF area = QRectF(rect()).adjusted(0, 0, 0, -scaled(2));
    if (state_.kind == ViewState::Kind::Stale) paintCornerLabel(painter, area, Qt::BottomRightCorner, state_.label(), theme().paused);
    if (!isWaitingShown()) return;
    paintCornerLabel(painter, area, Qt::BottomRightCorner, state_.label(), theme().text);
    if (waiting_.elapsed() < kBarAfterMs || state_.progress < 0.0) return;
    const int thickness = scaled(2);
    painter.fillRect(QRect(0, height() - thickness, width(), thickness), theme().well);
    painter.fillRect(QRectF(0, height() - thickness, width() * std::min(state_.progress, 1.0), thickness), theme().accent);
}

}  // namespace maskscope
