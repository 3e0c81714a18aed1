#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "widgets/panels/run_state.h"

namespace maskscope {

/// The steps of one run.
struct TimeLane {
    struct Warning {
        qint64 step = 0;
        QString text;
    };
    QString id, name;
    int style = 0;  // 0..7: which of theme().runs
    RunState state = RunState::Ready;
    qint64 firstStep = 0, step = 0, lastStep = 0;  // where it began, is, and will end
    std::vector<qint64> checkpoints;
    std::vector<Warning> warnings;
    QString forkedFrom;  // the id of another lane; empty: none
};

/// The lanes of the time panel with their axis and the cursor: click or drag to move it, arrow keys go from checkpoint to
/// checkpoint, Home and End to the ends.
class TimeLanes : public QWidget {
    Q_OBJECT

public:
    explicit TimeLanes(QWidget* parent = nullptr);

    void setLanes(std::vector<TimeLane> lanes);
    const std::vector<TimeLane>& lanes() const { return lanes_; }
    void setCurrentLane(const QString& id);
    /// @param step  none: there is nothing to point at
    void setCursor(std::optional<qint64> step);
    std::optional<qint64> cursor() const { return cursor_; }
    /// The greatest step on the axis.
    qint64 axisEnd() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// @param step  of a checkpoint where the pointer is near one
    void cursorMoved(qint64 step);
    void laneClicked(const QString& id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    int namesWidth() const;
    QRect axisArea() const;
    int laneTop(std::size_t index) const;
    double xOf(double step) const;
    qint64 stepAt(double x) const;
    const TimeLane* current() const;
    const TimeLane* laneAt(const QPoint& point) const;
    QRectF cursorBox() const;
    void moveTo(const QPoint& point);
    void paintAxis(QPainter& painter) const;
    void paintLane(QPainter& painter, const TimeLane& lane, int top) const;
    void paintMarks(QPainter& painter, const TimeLane& lane, int middle) const;
    void paintCursor(QPainter& painter) const;

    std::vector<TimeLane> lanes_;
    QString currentId_;
    std::optional<qint64> cursor_;
};

}  // namespace maskscope
