#pragma once

#include <QFrame>

#include "widgets/panels/run_state.h"

class QAction;
class QLabel;
class QMenu;
class QToolButton;

namespace maskscope {

class ActionButton;
class SegmentBar;
class StateBadge;

/// The top line of the window: menu, the run's name and state, pages, the way to any action, undo, theme and help.
class HeaderBar : public QFrame {
    Q_OBJECT

public:
    explicit HeaderBar(QWidget* parent = nullptr);

    void setRunName(const QString& name);
    void setState(RunState state, const QString& detail);
    /// No run and no pages: the welcome page shows the program's name alone.
    void setBare(bool bare);

    /// Opened by the buttons at the left: the program's menu, and the runs to choose from.
    void setMenus(QMenu* program, QMenu* runs);
    SegmentBar* pages() const { return pages_; }
    /// The buttons at the right take icon, tooltip and state from these.
    void setActions(QAction* undo, QAction* redo, QAction* theme, QAction* help);

    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void searchRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QToolButton* addIconButton(QAction* action);
    void applyScale();

    QLabel* logo_;
    QToolButton *menu_, *name_;
    StateBadge* badge_;
    SegmentBar* pages_;
    ActionButton* search_;
    QWidget* tools_;
};

}  // namespace maskscope
