#pragma once

#include <QPointF>
#include <QString>
#include <vector>

#include "widgets/plots/run_curves.h"

class QCPGraph;
class QCustomPlot;

namespace maskscope {

/// Which losses one plot shows: they have no common scale where the target is not made of pixels.
enum class LossScale { Objective, PixelError };

/// What the lines of a plot have in common.
struct LineOptions {
    double first = 0.0, last = 1.0;  // steps shown
    int pixels = 100;                // across
    bool logSteps = false, logValues = false;
    bool validation = true;
    bool markers = false;  // more than one run is visible
    bool emphasis = true;  // the run that the badge is about
    bool raw = true;       // raw values behind smoothed ones
    LossScale scale = LossScale::Objective;
};

/// The lines of one run in a plot: raw values, thin; smoothed ones on top; validation, dashed; markers.
class RunLines {
public:
    /// The graphs belong to the plot and go with it. @param smooth, raw, validation  layers of the plot
    explicit RunLines(QCustomPlot* plot);

    /// Takes the graphs out of the plot.
    void removeFrom(QCustomPlot* plot);
    void setSmoothing(double span) { smoothed_.setSpan(span); }
    /// Puts what is visible into the graphs.
    void update(const RunCurves::Run& run, const LineOptions& options);

    /// Of the values now in the graphs, without the first `leaveOut` steps; none where nothing is visible. Only positive ones where
    /// values are logarithmic.
    struct Range {
        double low, high;
    };
    std::optional<Range> valueRange(double leaveOut, bool positive) const;
    /// The value drawn strongest at a step: smoothed where values are smoothed.
    std::optional<CurvePoint> mainValueAt(const RunCurves::Run& run, const LineOptions& options, double step) const;
    /// Some points of the main line, at most some hundreds.
    void addOutline(std::vector<QPointF>& points) const;
    /// Points in all graphs together.
    int drawnPoints() const;

private:
    const CurveSeries& mainSeries(const RunCurves::Run& run, const LineOptions& options) const;
    void updateMarkers(const RunCurves::Run& run, const LineOptions& options);

    QCPGraph *raw_, *main_, *validation_, *markers_;
    SmoothedSeries smoothed_;
};

}  // namespace maskscope
