#pragma once

#include <QFrame>
#include <QTimer>

#include "widgets/panels/time_lanes.h"

class QLabel;
class QToolButton;

namespace maskscope {

class ActionButton;
class NumberLabel;

/// Time of the whole window: one cursor over all runs, play, follow newest, fork at the cursor.
class TimePanel : public QFrame {
    Q_OBJECT

public:
    explicit TimePanel(QWidget* parent = nullptr);

    void setLanes(std::vector<TimeLane> lanes);
    void setCurrentLane(const QString& id);
    /// Where the cursor is; does not signal.
    void setCursor(std::optional<qint64> step);
    std::optional<qint64> cursor() const { return lanes_->cursor(); }
    void setFollowing(bool following);
    bool isFollowing() const { return following_; }
    /// "epoch 91.7 · 5 min 57 s": what the cursor's step means.
    void setCursorNote(const QString& note);
    /// @param reason  why there is nothing to fork; empty: there is
    void setForkUnavailable(const QString& reason);
    TimeLanes* lanes() const { return lanes_; }

Q_SIGNALS:
    void cursorMoved(qint64 step);
    void followingChanged(bool following);
    void forkRequested(qint64 step);
    void laneClicked(const QString& id);
    void reasonAsked(const QString& reason);

protected:
    void changeEvent(QEvent* event) override;

private:
    void buildTools();
    void follow(bool on);
    void play(bool on);
    void advance();
    void showCursor();
    static QString stepText(qint64 step);

    TimeLanes* lanes_;
    QWidget* tools_;
    QToolButton *first_, *play_;
    ActionButton *follow_, *fork_;
    QLabel *caption_, *note_;
    NumberLabel* step_;
    QTimer timer_;
    bool following_ = true;
};

}  // namespace maskscope
