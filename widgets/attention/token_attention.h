#pragma once

#include <QAbstractScrollArea>
#include <QColor>
#include <memory>
#include <vector>

#include "snapshot/picture.h"
#include "widgets/pictures/cells.h"
#include "widgets/pictures/token_flow.h"

namespace maskscope {

/// A text whose words stand on a ground each: what one token takes from each of the others on the heat map, or colours of their own. Framed is the
/// query.
class TokenAttention : public QAbstractScrollArea, public CellSource {
    Q_OBJECT

public:
    explicit TokenAttention(QWidget* parent = nullptr);

    /// @param picture  null: an empty page
    void setPicture(std::shared_ptr<const TokensPicture> picture);
    /// @param weights  one a token, 0..1; NaN: not seen. Surplus ones, of padding, are left out  @param high  the end of the map
    void setWeights(std::vector<float> weights, double high);
    /// In place of weights. @param colors  one a token; transparent: not seen. Surplus ones, of padding, are left out
    void setColors(std::vector<QColor> colors);
    /// @param token  counted from 0; -1: none
    void setQuery(int token);
    int query() const { return query_; }

    int cellCount() const override;
    QRect cellRect(int index) const override;
    QString cellName(int index) const override;
    QString cellDescription(int index) const override;
    bool isCellSelected(int index) const override { return index == query_; }
    void activateCell(int index) override { choose(index); }
    QWidget* cellWidget() override { return viewport(); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// A click, or an arrow key: this token is to be the query.
    void queryChanged(int token);

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void choose(int token);
    void reflow();
    int tokenAt(const QPoint& point) const;
    double weightOf(int token) const;
    QColor groundOf(int token) const;

    std::shared_ptr<const TokensPicture> picture_;
    std::vector<float> weights_;
    std::vector<QColor> colors_;  // empty: weights
    TokenFlow flow_;
    double high_ = 1.0;
    int query_ = -1;
};

}  // namespace maskscope
