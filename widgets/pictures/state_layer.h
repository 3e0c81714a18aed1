#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

#include "widgets/pictures/view_state.h"

class QPushButton;

namespace maskscope {

/// Lies over a view and shows its state: a covering panel with one button where there is nothing to see or something failed, a
/// corner label where the content waits (after 200 ms; after 2 s with a bar) or is of an older step. Follows its parent's size and lets
/// the mouse through wherever it does not cover.
class StateLayer : public QWidget {
    Q_OBJECT

public:
    explicit StateLayer(QWidget* parent);

    void setState(const ViewState& state);
    const ViewState& state() const { return state_; }
    /// True once the waiting label may be seen.
    bool isWaitingShown() const;

Q_SIGNALS:
    /// The one button was pressed.
    void actionTriggered();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void place();
    QRect textRect(const QString& text, const QFont& style, int top) const;
    void paintCover(QPainter& painter);
    void paintCorner(QPainter& painter);

    ViewState state_;
    QPushButton* button_;
    QTimer labelTimer_;
    QElapsedTimer waiting_;
    QRect sign_, title_, hint_;
};

}  // namespace maskscope
