#include "widgets/pictures/token_flow.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

namespace maskscope {
namespace {

TokenBox boxOf(const TokensPicture::Token& token, TokenText text) {
    TokenBox box;
    box.hidden = token.hidden;
    box.special = token.special;
    box.guessed = text == TokenText::Guess && token.hidden && !token.guesses.empty();
    box.text = QString::fromStdString(box.guessed ? token.guesses.front().text : token.text);
    if (box.guessed) {
        box.right = token.guesses.front().text == token.text;
        box.probability = token.guesses.front().probability;
    }
    return box;
}

/// Invisible characters as signs where they are boxed, so that a box is never blank.
QString visibleText(const QString& text) {
    QString shown = text;
    shown.replace(QChar(u'\n'), QChar(u'\u21b5')).replace(QChar(u'\t'), QChar(u'\u21e5'));
    return shown.trimmed().isEmpty() ? QString(std::max<qsizetype>(shown.size(), 1), QChar(u'\u2423')) : shown;
}

}  // namespace

namespace {

/// Sets boxes one after the other; a word of several tokens moves to the next line as a whole where it fits there.
class LineSetter {
public:
    LineSetter(const TokenFlowStyle& style, qreal width) : style_(style), body_(style.body), special_(style.special), width_(std::max(width, 1.0)) {}

    void add(TokenBox box, bool spaced) {
        const bool boxed = box.hidden || box.special;
        const bool breaks = !boxed && box.text.contains(QChar(u'\n'));
        if (boxed) box.text = visibleText(box.text).trimmed();
        if (breaks) box.text = box.text.left(box.text.indexOf(QChar(u'\n')));
        if (spaced || box.special || x_ == 0.0) wordStart_ = flow_.boxes.size();
        if (boxed && x_ > 0.0) x_ += spaced ? body_.horizontalAdvance(QChar(u' ')) : box.special ? 4.0 : 2.0;
        if (x_ > 0.0 && x_ + advance(box) > width_) breakLine();
        if (x_ == 0.0 && !boxed && box.text.startsWith(QChar(u' '))) box.text.remove(0, 1);
        box.rect = QRectF(x_, y_, std::min(advance(box), width_), lineHeight() - style_.lineGap);
        x_ += box.rect.width() + (box.special ? 4.0 : boxed ? 2.0 : 0.0);
        flow_.boxes.push_back(std::move(box));
        if (!breaks) return;
        x_ = 0.0;
        y_ += lineHeight();
    }

    TokenFlow take() {
        flow_.height = flow_.boxes.empty() ? 0.0 : flow_.boxes.back().rect.bottom();
        return std::move(flow_);
    }

private:
    qreal lineHeight() const { return std::ceil(body_.height() + style_.lineGap); }
    qreal advance(const TokenBox& box) const {
        const bool boxed = box.hidden || box.special;
        return (box.special ? special_ : body_).horizontalAdvance(box.text) + (boxed ? 2 * style_.boxPadding : 0.0);
    }

    /// Takes the word that is being set along, unless it fills the line from its start.
    void breakLine() {
        y_ += lineHeight();
        if (wordStart_ >= flow_.boxes.size() || flow_.boxes[wordStart_].rect.left() <= 0.0) {
            x_ = 0.0;
            return;
        }
        TokenBox& first = flow_.boxes[wordStart_];
        qreal shift = first.rect.left();
        if (!first.hidden && !first.special && first.text.startsWith(QChar(u' '))) {
            first.text.remove(0, 1);
            const qreal space = first.rect.width() - advance(first);
            first.rect.setLeft(first.rect.left() + space);
            shift += space;
        }
        for (std::size_t i = wordStart_; i < flow_.boxes.size(); ++i) flow_.boxes[i].rect.moveTo(flow_.boxes[i].rect.left() - shift, y_);
        x_ -= shift;
    }

    const TokenFlowStyle& style_;
    QFontMetricsF body_, special_;
    qreal width_, x_ = 0.0, y_ = 0.0;
    std::size_t wordStart_ = 0;
    TokenFlow flow_;
};

}  // namespace

TokenFlow flowTokens(const TokensPicture& picture, TokenText text, const TokenFlowStyle& style, qreal width) {
    LineSetter setter(style, width);
    for (const TokensPicture::Token& token : picture.tokens)
        setter.add(boxOf(token, text), !token.text.empty() && (token.text.front() == ' ' || token.text.front() == '\n'));
    return setter.take();
}

}  // namespace maskscope
