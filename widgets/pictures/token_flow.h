#pragma once

#include <QFont>
#include <QRectF>
#include <QString>
#include <vector>

#include "snapshot/picture.h"

namespace maskscope {

/// What is written in a token's place.
enum class TokenText { Guess, Truth };

/// A token as placed on the page.
struct TokenBox {
    QRectF rect;
    QString text;
    bool hidden = false, special = false;
    bool guessed = false;      // `text` is the model's guess
    bool right = false;        // the guess is the true token
    double probability = 0.0;  // of the guess
};

/// A text set in lines.
struct TokenFlow {
    std::vector<TokenBox> boxes;  // one a token
    double height = 0.0;
};

struct TokenFlowStyle {
    QFont body, special;
    qreal lineGap = 6.0;
    qreal boxPadding = 4.0;  // of hidden and special tokens, left and right
};

/// Sets tokens as flowing text: lines break between words (a token without a leading space goes on with its word), a leading space is dropped at
/// the start of a line, line feeds break.
TokenFlow flowTokens(const TokensPicture& picture, TokenText text, const TokenFlowStyle& style, qreal width);

}  // namespace maskscope
