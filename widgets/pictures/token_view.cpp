#include "widgets/pictures/token_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "widgets/pictures/hatch.h"
#include "widgets/pictures/picture_paint.h"
#include "widgets/plots/numbers.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr qreal kMargin = 12.0, kHatchBand = 8.0;  // px
constexpr qreal kThumbnailLines = 5.0;             // at least so many lines in a thumbnail
constexpr std::size_t kGuessesShown = 6;
constexpr std::array kPageSizes = {2.0, 1.7, 1.4, 1.2, 1.0};
constexpr double kLongerGuesses = 1.3;

/// @param size  of the type, 1: the usual one
TokenFlowStyle pageStyle(double size) {
    QFont body = maskscope::font(TextStyle::MetricValue), special = maskscope::font(TextStyle::Tag);
    body.setWeight(QFont::Normal);
    for (QFont* type : {&body, &special}) type->setPixelSize(qRound(size * type->pixelSize()));
    return {.body = body, .special = special, .lineGap = size * scaled(12), .boxPadding = size * scaled(5) + scaled(kHatchBand) / 2.0};
}

/// The largest page that stays within a height, with room for guesses that are longer than the truth, so that it never changes while they do.
TokenFlowStyle largestStyle(const TokensPicture& picture, const QSizeF& room) {
    for (const double size : kPageSizes) {
        TokenFlowStyle style = pageStyle(size);
        if (size == kPageSizes.back() || kLongerGuesses * flowTokens(picture, TokenText::Truth, style, room.width()).height <= room.height())
            return style;
    }
    return {};
}

/// Ground of a guess: the surer, the stronger. Text keeps its contrast, since the accent is mixed in by at most a third.
QColor shade(double probability) {
    const QColor from = theme().raised, to = theme().accent;
    const double share = themeKind() == ThemeKind::HighContrast ? 0.0 : 0.33 * std::clamp(probability, 0.0, 1.0);
    const auto mixed = [share](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * share)); };
    return QColor(mixed(from.red(), to.red()), mixed(from.green(), to.green()), mixed(from.blue(), to.blue()));
}

/// A tick or a cross, drawn, since fonts may lack them.
void paintVerdict(QPainter& painter, const QRectF& place, bool right) {
    painter.setPen(QPen(right ? theme().running : theme().warning, 1.5, Qt::SolidLine, Qt::RoundCap));
    const QRectF box = place.adjusted(1, 1, -1, -1);
    if (right) {
        painter.drawPolyline(
            QPolygonF{{QPointF(box.left(), box.center().y()), QPointF(box.left() + box.width() * 0.4, box.bottom()), box.topRight()}});
    } else {
        painter.drawLine(box.topLeft(), box.bottomRight());
        painter.drawLine(box.topRight(), box.bottomLeft());
    }
}

/// A hidden token: hatched edge on the left, probability as ground and as the length of a line below.
void paintHiddenBox(QPainter& painter, const TokenBox& box, const QRectF& rect) {
    const qreal band = scaled(kHatchBand);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(box.guessed ? shade(box.probability) : theme().well);
    painter.drawRect(rect);
    painter.setBrushOrigin(rect.topLeft());
    painter.setBrush(hatchBrush(painter.device()->devicePixelRatioF(), true));
    painter.drawRect(QRectF(rect.left() - band, rect.top(), band, rect.height()));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().ctlBorder, 1.0, box.guessed ? Qt::SolidLine : Qt::DashLine));
    painter.drawRect(rect.adjusted(0.5 - band, 0.5, -0.5, -0.5));
    if (box.guessed)
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 2, rect.width() * std::clamp(box.probability, 0.0, 1.0), 2), theme().accent);
}

/// The largest type in which a whole text fits; not below that of a tag, where its end is cut off.
std::pair<QFont, TokenFlow> largestFlow(const TokensPicture& picture, const QSizeF& room) {
    QFont type = maskscope::font(TextStyle::Tag);
    for (int px = std::max(type.pixelSize(), static_cast<int>(room.height() / kThumbnailLines));; --px) {
        const bool isLeast = px <= maskscope::font(TextStyle::Tag).pixelSize();
        type.setPixelSize(px);
        const TokenFlowStyle style{.body = type, .special = type, .lineGap = px * 0.3, .boxPadding = px * 0.2};
        TokenFlow flow = flowTokens(picture, TokenText::Guess, style, room.width());
        if (isLeast || flow.height <= room.height()) return {type, std::move(flow)};
    }
}

void paintBox(QPainter& painter, const TokenBox& box, const QPointF& offset, const TokenFlowStyle& style) {
    const QRectF rect = box.rect.translated(offset);
    painter.setFont(box.special ? style.special : style.body);
    if (box.special) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(theme().ctlBorder, 1.0));
        painter.setBrush(Qt::NoBrush);
        const qreal inset = rect.height() * 0.15;
        painter.drawRoundedRect(rect.adjusted(0.5, inset, -0.5, -inset), scaled(3), scaled(3));
    } else if (box.hidden) {
        paintHiddenBox(painter, box, rect.adjusted(scaled(kHatchBand), 0, 0, 0));
    }
    painter.setPen(box.special ? theme().text2 : theme().text);
    const bool boxed = box.special || box.hidden;
    painter.drawText(box.hidden ? rect.adjusted(scaled(kHatchBand), 0, 0, 0) : rect, boxed ? Qt::AlignCenter : Qt::AlignVCenter | Qt::AlignLeft,
                     box.text);
}

}  // namespace

TokenView::TokenView(QWidget* parent) : QAbstractScrollArea(parent) {
    enableCellAccessibility();
    setAccessibleName(tr("Text"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
}

void TokenView::setPicture(std::shared_ptr<const TokensPicture> picture) {
    picture_ = std::move(picture);
    if (current_ >= cellCount()) current_ = -1;
    reflow();
}

void TokenView::setText(TokenText text) {
    text_ = text;
    reflow();
}

void TokenView::setCurrent(int token) {
    const int next = token >= 0 && token < cellCount() ? token : -1;
    if (next == current_) return;
    current_ = next;
    viewport()->update();
}

void TokenView::reflow() {
    const QSizeF room = QSizeF(viewport()->size()) - QSizeF(2 * scaled(kMargin), 2 * scaled(kMargin));
    style_ = picture_ ? largestStyle(*picture_, room) : TokenFlowStyle();
    flow_ = picture_ ? flowTokens(*picture_, text_, style_, room.width()) : TokenFlow();
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(scaled(20));
    verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(flow_.height) + 2 * scaled(kMargin) - viewport()->height()));
    viewport()->update();
}

int TokenView::cellCount() const { return picture_ ? static_cast<int>(picture_->tokens.size()) : 0; }

QRect TokenView::cellRect(int index) const {
    return flow_.boxes[static_cast<std::size_t>(index)]
        .rect.translated(scaled(kMargin), scaled(kMargin) - verticalScrollBar()->value())
        .toAlignedRect();
}

QString TokenView::cellName(int index) const { return QString::fromStdString(picture_->tokens[static_cast<std::size_t>(index)].text).trimmed(); }

QString TokenView::cellDescription(int index) const {
    const TokensPicture::Token& token = picture_->tokens[static_cast<std::size_t>(index)];
    if (token.special) return tr("special token");
    if (!token.hidden) return tr("visible");
    if (token.guesses.empty()) return tr("hidden, nothing predicted");
    const auto& best = token.guesses.front();
    return tr("hidden, the model says %1 with probability %2; the true token has %3")
        .arg(QString::fromStdString(best.text).trimmed(), twoDecimals(best.probability), twoDecimals(token.trueProbability));
}

int TokenView::tokenAt(const QPoint& point) const {
    for (int i = 0; i < cellCount(); ++i)
        if (cellRect(i).contains(point)) return i;
    return -1;
}

int TokenView::nextHidden(int from, int direction) const {
    for (int i = from + direction; i >= 0 && i < cellCount(); i += direction)
        if (picture_->tokens[static_cast<std::size_t>(i)].hidden) return i;
    return from;
}

bool TokenView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave && current_ >= 0 && !hasFocus()) {
        setCurrent(-1);
        Q_EMIT tokenHovered(-1);
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TokenView::mouseMoveEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position().toPoint());
    if (token == current_) return;
    setCurrent(token);
    Q_EMIT tokenHovered(token);
}

void TokenView::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    const bool forward = key == Qt::Key_Right || key == Qt::Key_Down, backward = key == Qt::Key_Left || key == Qt::Key_Up;
    if (!forward && !backward) return QAbstractScrollArea::keyPressEvent(event);
    setCurrent(nextHidden(current_ < 0 && backward ? cellCount() : current_, forward ? 1 : -1));
    if (current_ < 0) return;
    const QRect cell = cellRect(current_);
    if (cell.top() < 0) verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.top() - scaled(kMargin));
    if (cell.bottom() > viewport()->height())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.bottom() - viewport()->height() + scaled(kMargin));
    Q_EMIT tokenHovered(current_);
}

void TokenView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) reflow();
    QAbstractScrollArea::changeEvent(event);
}

void TokenView::resizeEvent(QResizeEvent*) { reflow(); }

void TokenView::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.fillRect(event->rect(), theme().panel);
    const QPointF offset(scaled(kMargin), scaled(kMargin) - verticalScrollBar()->value());
    for (int i = 0; i < static_cast<int>(flow_.boxes.size()); ++i) {
        const TokenBox& box = flow_.boxes[static_cast<std::size_t>(i)];
        if (!event->rect().intersects(cellRect(i))) continue;
        paintBox(painter, box, offset, style_);
        if (box.guessed) {
            const QRectF rect = box.rect.translated(offset);
            paintVerdict(painter, QRectF(rect.right() - scaled(4), rect.top() - scaled(4), scaled(8), scaled(8)), box.right);
        }
    }
    if (current_ >= 0) {
        paintFocusRing(painter, QRectF(cellRect(current_)).adjusted(-2, -2, 2, 2));
        paintPanel(painter);
    }
}

/// The guesses of the current token beside it: text, probability, bar.
void TokenView::paintPanel(QPainter& painter) const {
    const TokensPicture::Token& token = picture_->tokens[static_cast<std::size_t>(current_)];
    if (!token.hidden) return;
    const std::size_t count = std::min(kGuessesShown, token.guesses.size());
    const int row = scaled(18), padding = scaled(8), width = std::min(scaled(240), viewport()->width() - 2 * padding);
    const QRect cell = cellRect(current_);
    QRect panel(0, 0, width, padding * 2 + row * static_cast<int>(count + 1));
    panel.moveTopLeft(QPoint(cell.left(), cell.bottom() + scaled(6)));
    if (panel.bottom() > viewport()->height()) panel.moveBottom(cell.top() - scaled(6));
    panel.moveLeft(std::clamp(panel.left(), 0, std::max(0, viewport()->width() - width)));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme().ctlBorder, 1.0));
    painter.setBrush(theme().raised);
    painter.drawRoundedRect(QRectF(panel).adjusted(0.5, 0.5, -0.5, -0.5), scaled(4), scaled(4));
    QRect line(panel.left() + padding, panel.top() + padding, width - 2 * padding, row);
    const QString truth = QString::fromStdString(token.text).trimmed();
    painter.setFont(maskscope::font(TextStyle::AreaTitle));
    painter.setPen(theme().text);
    const QString head = token.guesses.empty() ? tr("true word %1 · nothing predicted").arg(truth)
                                               : tr("true word %1 · %2").arg(truth, twoDecimals(token.trueProbability));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, painter.fontMetrics().elidedText(head, Qt::ElideRight, line.width()));
    painter.setFont(maskscope::font(TextStyle::Body));
    for (std::size_t i = 0; i < count; ++i) {
        line.translate(0, row);
        const auto& guess = token.guesses[i];
        const int numbers = painter.fontMetrics().horizontalAdvance(QStringLiteral("0.00")) + scaled(8), bar = scaled(64);
        const QRect words = line.adjusted(scaled(14), 0, -numbers - bar, 0);
        if (guess.text == token.text) paintVerdict(painter, QRectF(line.left(), line.center().y() - scaled(4), scaled(8), scaled(8)), true);
        painter.setPen(theme().text);
        painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(QString::fromStdString(guess.text).trimmed(), Qt::ElideRight, words.width()));
        const QRectF groove(line.right() - numbers - bar, line.center().y() - scaled(3), bar, scaled(6));
        painter.fillRect(groove, theme().well);
        painter.fillRect(QRectF(groove.topLeft(), QSizeF(groove.width() * std::clamp(guess.probability, 0.0, 1.0), groove.height())), theme().accent);
        painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, twoDecimals(guess.probability));
    }
}

void TokenView::paintThumbnail(QPainter& painter, const QRectF& area, const TokensPicture& picture) {
    painter.save();
    painter.fillRect(area, theme().well);
    painter.setClipRect(area);
    const qreal inset = scaled(4);
    const auto [font, flow] = largestFlow(picture, area.size() - QSizeF(2 * inset, 2 * inset));
    painter.setFont(font);
    for (const TokenBox& box : flow.boxes) {
        const QRectF rect = box.rect.translated(area.topLeft() + QPointF(inset, inset));
        if (rect.top() > area.bottom()) break;
        if (box.hidden) {
            if (!box.guessed) painter.fillRect(rect, hatchBrush(painter.device()->devicePixelRatioF(), true));
            painter.setPen(QPen(theme().ctlBorder, 1.0));
            painter.setBrush(box.guessed ? QBrush(shade(box.probability)) : Qt::NoBrush);
            painter.drawRect(rect);
            if (!box.guessed) continue;  // hidden is hidden
        }
        painter.setPen(box.special ? theme().text3 : theme().text);
        painter.drawText(rect, box.hidden ? Qt::AlignCenter : Qt::AlignVCenter | Qt::AlignLeft, box.text);
    }
    painter.restore();
}

}  // namespace maskscope
