#include "widgets/attention/token_attention.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "widgets/pictures/color_map.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kMarginPx = 4;

TokenFlowStyle flowStyle() {
    return {.body = maskscope::font(TextStyle::Body),
            .special = maskscope::font(TextStyle::Tag),
            .lineGap = qreal(scaled(8)),
            .boxPadding = qreal(scaled(3))};
}

/// Black or white, whichever reads better on a colour of the map (relative luminance, WCAG 2.1).
QColor inkOn(const QColor& ground) {
    const auto linear = [](double channel) { return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4); };
    const double luminance = 0.2126 * linear(ground.redF()) + 0.7152 * linear(ground.greenF()) + 0.0722 * linear(ground.blueF());
    return luminance > 0.179 ? Qt::black : Qt::white;
}

}  // namespace

TokenAttention::TokenAttention(QWidget* parent) : QAbstractScrollArea(parent) {
    enableCellAccessibility();
    setAccessibleName(tr("Attention on the words"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void TokenAttention::setPicture(std::shared_ptr<const TokensPicture> picture) {
    picture_ = std::move(picture);
    if (query_ >= cellCount()) query_ = -1;
    reflow();
}

void TokenAttention::setWeights(std::vector<float> weights, double high) {
    weights_ = std::move(weights);
    high_ = high > 0.0 ? high : 1.0;
    viewport()->update();
}

void TokenAttention::setColors(std::vector<QColor> colors) {
    colors_ = std::move(colors);
    viewport()->update();
}

void TokenAttention::setQuery(int token) {
    query_ = token < cellCount() ? token : -1;
    viewport()->update();
}

void TokenAttention::choose(int token) {
    if (token < 0 || token >= cellCount()) return;
    setQuery(token);
    Q_EMIT queryChanged(token);
}

void TokenAttention::reflow() {
    flow_ = picture_ ? flowTokens(*picture_, TokenText::Truth, flowStyle(), viewport()->width() - 2.0 * scaled(kMarginPx)) : TokenFlow();
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(scaled(20));
    verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(flow_.height) + 2 * scaled(kMarginPx) - viewport()->height()));
    viewport()->update();
}

int TokenAttention::cellCount() const { return picture_ ? static_cast<int>(picture_->tokens.size()) : 0; }

QRect TokenAttention::cellRect(int index) const {
    return flow_.boxes[static_cast<std::size_t>(index)]
        .rect.translated(scaled(kMarginPx), scaled(kMarginPx) - verticalScrollBar()->value())
        .toAlignedRect();
}

QString TokenAttention::cellName(int index) const { return QString::fromStdString(picture_->tokens[static_cast<std::size_t>(index)].text).trimmed(); }

double TokenAttention::weightOf(int token) const {
    const auto index = static_cast<std::size_t>(token);
    return index < weights_.size() ? static_cast<double>(weights_[index]) : std::nan("");
}

/// Transparent where the token was not seen.
QColor TokenAttention::groundOf(int token) const {
    const auto index = static_cast<std::size_t>(token);
    if (!colors_.empty()) return index < colors_.size() ? colors_[index] : QColor(Qt::transparent);
    return std::isnan(weightOf(token)) ? QColor(Qt::transparent) : QColor::fromRgb(colorOf(heatMap(), weightOf(token) / high_));
}

QString TokenAttention::cellDescription(int index) const {
    const QColor ground = groundOf(index);
    const QString value = ground.alpha() == 0 ? tr("not seen")
                          : colors_.empty()   ? tr("attention %1").arg(significant(weightOf(index)))
                                              : ground.name();
    return index == query_ ? tr("query, %1").arg(value) : value;
}

int TokenAttention::tokenAt(const QPoint& point) const {
    for (int i = 0; i < cellCount(); ++i)
        if (cellRect(i).contains(point)) return i;
    return -1;
}

bool TokenAttention::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int token = tokenAt(help->pos());
        QToolTip::showText(help->globalPos(),
                           token < 0 ? tr("Click a word to see what it reads.") : tr("%1: %2").arg(cellName(token), cellDescription(token)),
                           viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TokenAttention::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) choose(tokenAt(event->position().toPoint()));
}

void TokenAttention::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    const int step = key == Qt::Key_Right || key == Qt::Key_Down ? 1 : key == Qt::Key_Left || key == Qt::Key_Up ? -1 : 0;
    if (step == 0) return QAbstractScrollArea::keyPressEvent(event);
    choose(query_ < 0 ? 0 : std::clamp(query_ + step, 0, std::max(0, cellCount() - 1)));
}

void TokenAttention::resizeEvent(QResizeEvent*) { reflow(); }

void TokenAttention::changeEvent(QEvent* event) {
    if (isThemeChange(event)) reflow();
    QAbstractScrollArea::changeEvent(event);
}

void TokenAttention::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.fillRect(event->rect(), theme().panel);
    const TokenFlowStyle style = flowStyle();
    // All grounds first: a word may reach into the place of the next
    for (int i = 0; i < cellCount(); ++i) {
        const QColor ground = groundOf(i);
        ground.alpha() == 0 ? paintNoValue(painter, cellRect(i)) : painter.fillRect(cellRect(i), ground);
    }
    for (int i = 0; i < cellCount(); ++i) {
        const TokenBox& box = flow_.boxes[static_cast<std::size_t>(i)];
        const QRectF rect(cellRect(i));
        painter.setPen(groundOf(i).alpha() == 0 ? theme().text2 : inkOn(groundOf(i)));
        painter.setFont(box.special ? style.special : style.body);
        const bool boxed = box.special || box.hidden;
        painter.drawText(rect, boxed ? Qt::AlignCenter : Qt::AlignLeft | Qt::AlignVCenter, box.text);
    }
    if (query_ < 0) return;
    painter.setBrush(Qt::NoBrush);  // narrower than other frames: the neighbours are words
    painter.setPen(QPen(theme().accent, 2.0));
    painter.drawRect(QRectF(cellRect(query_)).adjusted(0, -1, 0, 1));
}

QSize TokenAttention::sizeHint() const { return {scaled(320), scaled(150)}; }

QSize TokenAttention::minimumSizeHint() const { return {scaled(140), scaled(60)}; }

}  // namespace maskscope
