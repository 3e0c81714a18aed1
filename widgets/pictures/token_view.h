#pragma once

#include <QAbstractScrollArea>
#include <memory>

#include "snapshot/picture.h"
#include "widgets/pictures/cells.h"
#include "widgets/pictures/token_flow.h"

namespace maskscope {

/// A text that a model filled in: words flow; hidden ones are hatched and boxed with the model's guess in place, shaded and underlined by its
/// probability; hover or arrow keys show all guesses. Special tokens are small.
class TokenView : public QAbstractScrollArea, public CellSource {
    Q_OBJECT

public:
    explicit TokenView(QWidget* parent = nullptr);

    /// @param picture  null: an empty page
    void setPicture(std::shared_ptr<const TokensPicture> picture);
    /// What stands in the hidden places: the model's guess or the true token.
    void setText(TokenText text);
    TokenText text() const { return text_; }
    /// The token whose guesses are shown; -1: none.
    void setCurrent(int token);
    int current() const { return current_; }

    int cellCount() const override;
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override { return index == current_; }
    void activateCell(int index) override { setCurrent(index); }
    QWidget* cellWidget() override { return viewport(); }

    /// Draws a small version without guesses' panel, for walls of pictures.
    static void paintThumbnail(QPainter& painter, const QRectF& area, const TokensPicture& picture);

Q_SIGNALS:
    void tokenHovered(int token);

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void reflow();
    int tokenAt(const QPoint& point) const;
    int nextHidden(int from, int direction) const;
    void paintPanel(QPainter& painter) const;

    std::shared_ptr<const TokensPicture> picture_;
    TokenFlowStyle style_;
    TokenFlow flow_;
    TokenText text_ = TokenText::Guess;
    int current_ = -1;
};

}  // namespace maskscope
