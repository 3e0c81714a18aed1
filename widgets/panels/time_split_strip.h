#pragma once

#include <QWidget>
#include <vector>

#include "snapshot/session.h"

namespace maskscope {

/// Where the time of training goes: shares of a step as one bar with a legend (in the tooltip where there is no room for it).
class TimeSplitStrip : public QWidget {
    Q_OBJECT

public:
    explicit TimeSplitStrip(QWidget* parent = nullptr);

    /// @param secondsPerStep  0: not known yet
    void setSplit(const TimeSplit& split, double secondsPerStep);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Part {
        QString name;
        double share = 0.0;  // 0..1
        int style = 0;       // whose colour in theme().runs
    };
    void paintLegend(QPainter& painter, int top) const;

    std::vector<Part> parts_;
    double secondsPerStep_ = 0.0;
};

}  // namespace maskscope
