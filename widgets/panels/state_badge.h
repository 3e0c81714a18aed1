#pragma once

#include <QWidget>

#include "widgets/panels/run_state.h"

namespace maskscope {

/// A pill with the state of the run: colour, shape and word together.
class StateBadge : public QWidget {
    Q_OBJECT

public:
    explicit StateBadge(QWidget* parent = nullptr);

    /// @param detail  for the tooltip: what is prepared, why it failed
    void setState(RunState state, const QString& detail = {});
    RunState state() const { return state_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    RunState state_ = RunState::Ready;
};

}  // namespace maskscope
