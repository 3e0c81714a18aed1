#pragma once

#include <QPointer>
#include <QWidget>

namespace maskscope {

/// A ring of 2 px around the control that the keyboard has reached (3 px in high contrast); a mouse click shows none. One a
/// window: it lies above everything, takes no events, and follows its control when that moves, scrolls or hides.
class FocusFrame : public QWidget {
    Q_OBJECT

public:
    explicit FocusFrame(QWidget* window);

    /// The control that has the ring; none while the mouse leads.
    QWidget* target() const { return target_; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void follow(QWidget* target);
    void place();

    QPointer<QWidget> target_;
};

}  // namespace maskscope
