#pragma once

#include <QPixmap>
#include <QPointer>
#include <QWidget>
#include <optional>
#include <utility>
#include <vector>

#include "widgets/plots/run_curves.h"

namespace maskscope {

/// Small curves side by side, one a metric that has values: its name, the current run's value at the cursor, the line. They share steps,
/// time cursor and crosshair with the large plot. Where they get room, they show the ends of their scales.
class SmallCurves : public QWidget {
    Q_OBJECT

public:
    explicit SmallCurves(QWidget* parent = nullptr);

    /// Not owned. New points are drawn from the next `setSteps` on.
    void setCurves(RunCurves* curves);
    void setCurrentRun(const QString& id);
    void setTimeCursor(std::optional<double> step);
    void setCrosshair(std::optional<double> step);
    /// Steps shown, as in the large plot.
    void setSteps(double first, double last, bool logarithmic);

    /// The metrics with values, in the order in which they are shown, as many as fit.
    std::vector<Metric> shownMetrics() const;
    QRectF cellRect(int index) const;
    /// The same in an exported figure.
    void paint(QPainter& painter, const QRectF& area) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void cursorMoved(double step);
    void crosshairMoved(double step);  // NaN: the pointer left

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    const RunCurves::Run* currentRun() const;
    std::vector<Metric> available() const;
    std::vector<QRectF> cells(const QRectF& area) const;
    void paintLine(QPainter& painter, const QRectF& area, const RunCurves::Run& run, Metric metric, double low, double high, bool strong) const;
    std::pair<double, double> valueRange(Metric metric, int pixels) const;
    QRectF lineArea(const QRectF& cell) const;
    void paintLines(QPainter& painter, const QRectF& area) const;
    void paintValues(QPainter& painter, const QRectF& area) const;
    void paintScale(QPainter& painter, Metric metric, const QRectF& lines, double low, double high) const;
    void redrawLines();
    double xOf(double step, const QRectF& area) const;
    std::optional<double> stepAt(QPointF position) const;

    QPointer<RunCurves> curves_;
    QString currentId_;
    std::optional<double> cursor_, crosshair_;
    double first_ = 0.0, last_ = 1.0;
    bool logSteps_ = false;
    QPixmap lines_;  // drawn once for all positions of the cursors
};

}  // namespace maskscope
