#include "widgets/plots/run_lines.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

#include "widgets/plots/run_marker.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kRawOpacity = 0.35;
constexpr double kMarkerSizePx = 8.0;
constexpr int kOutlinePoints = 200;
constexpr double kMarkerDistancePx = 90.0;
constexpr std::size_t kOneOutlierIn = 100;  // raw values: the least and the greatest of so many decide no range

QCPGraph* newGraph(QCustomPlot* plot, const char* layer) {
    QCPGraph* graph = plot->addGraph();
    graph->setLayer(QLatin1String(layer));
    graph->removeFromLegend();
    graph->setSelectable(QCP::stNone);
    return graph;
}

void fill(QCPGraph* graph, const std::vector<CurvePoint>& points) {
    QVector<QCPGraphData> data;
    data.reserve(static_cast<qsizetype>(points.size()));
    for (const CurvePoint& point : points) {
        data.append(QCPGraphData(point.step, std::isfinite(point.value) ? point.value : qQNaN()));
    }
    graph->data()->set(data, true);
}

/// @param columnPx  how wide the line is: finer columns would not be seen
std::vector<CurvePoint> drawnOf(const CurveSeries& series, const LineOptions& options, int columnPx) {
    return series.drawn(options.first, options.last, std::max(1, options.pixels / columnPx), options.logSteps);
}

}  // namespace

RunLines::RunLines(QCustomPlot* plot)
    : raw_(newGraph(plot, "raw")), main_(newGraph(plot, "smooth")), validation_(newGraph(plot, "validation")), markers_(newGraph(plot, "smooth")) {
    markers_->setLineStyle(QCPGraph::lsNone);
}

void RunLines::removeFrom(QCustomPlot* plot) {
    for (QCPGraph* graph : {raw_, main_, validation_, markers_}) {
        plot->removeGraph(graph);
    }
}

const CurveSeries& RunLines::mainSeries(const RunCurves::Run& run, const LineOptions& options) const {
    if (options.scale == LossScale::PixelError && !run.objectiveIsPixels) {
        return run.of(Metric::ValidationPixels);
    }
    return smoothed_.span() > 0.0 ? smoothed_.series() : run.of(Metric::TrainingLoss);
}

void RunLines::update(const RunCurves::Run& run, const LineOptions& options) {
    const RunStyle& style = theme().runs.at(static_cast<std::size_t>(run.style));
    const qreal width = scaled(1) * theme().lineWidth * (options.emphasis || !options.markers ? 1.0 : 0.8);
    const bool onlyPixels = options.scale == LossScale::PixelError && !run.objectiveIsPixels;
    smoothed_.update(run.of(Metric::TrainingLoss));

    QColor faint = style.color;
    faint.setAlphaF(static_cast<float>(kRawOpacity));
    raw_->setPen(QPen(faint, scaled(1)));
    raw_->setVisible(run.visible && options.raw && !onlyPixels && smoothed_.span() > 0.0);
    main_->setPen(options.markers ? runPen(style, width) : dashedPen(style.color, width, onlyPixels ? validationDash() : QVector<qreal>{}));
    main_->setVisible(run.visible);
    validation_->setPen(dashedPen(style.color, width, validationDash()));
    validation_->setVisible(run.visible && options.validation && !onlyPixels);

    fill(raw_, raw_->visible() ? drawnOf(run.of(Metric::TrainingLoss), options, 1) : std::vector<CurvePoint>{});
    raw_->setAntialiased(raw_->dataCount() <= options.pixels);
    fill(main_, run.visible ? drawnOf(mainSeries(run, options), options, 2) : std::vector<CurvePoint>{});
    fill(validation_, validation_->visible() ? drawnOf(run.of(Metric::ValidationObjective), options, 2) : std::vector<CurvePoint>{});
    updateMarkers(run, options);
}

/// Few and evenly spaced, a little apart from those of the other runs.
void RunLines::updateMarkers(const RunCurves::Run& run, const LineOptions& options) {
    const RunStyle& style = theme().runs.at(static_cast<std::size_t>(run.style));
    markers_->setVisible(run.visible && options.markers);
    std::vector<CurvePoint> points;
    const CurveSeries& series = mainSeries(run, options);
    if (markers_->visible() && !series.empty()) {
        const int count = std::max(2, static_cast<int>(options.pixels / (kMarkerDistancePx * scaled(1))));
        for (int i = 0; i < count; ++i) {
            const double share = (i + 0.25 + 0.5 * (run.style % 4) / 4.0) / count;
            const double step = options.logSteps ? options.first * std::pow(options.last / options.first, share)
                                                 : options.first + (options.last - options.first) * share;
            const auto point = series.valueAt(step);
            if (point && step <= series.lastStep()) {
                points.push_back(*point);
            }
        }
    }
    const auto last = std::unique(points.begin(), points.end(), [](const CurvePoint& a, const CurvePoint& b) { return a.step == b.step; });
    points.erase(last, points.end());
    fill(markers_, points);
    const qreal size = scaled(kMarkerSizePx);
    // QCustomPlot draws own outlines in units of a sixth of the size
    markers_->setScatterStyle(QCPScatterStyle(markerPath(style.marker, 6.0), QPen(theme().panel, 0.8), style.color, size));
}

std::optional<RunLines::Range> RunLines::valueRange(double leaveOut, bool positive) const {
    std::vector<double> sure, raw;
    for (const QCPGraph* graph : {main_, validation_, raw_}) {
        for (const QCPGraphData& point : *graph->data()) {
            if (std::isnan(point.value) || point.key < leaveOut || (positive && point.value <= 0.0)) {
                continue;
            }
            (graph == raw_ ? raw : sure).push_back(point.value);
        }
    }
    if (!raw.empty()) {
        std::sort(raw.begin(), raw.end());
        const std::size_t outliers = raw.size() / kOneOutlierIn;
        sure.insert(sure.end(), {raw[outliers], raw[raw.size() - 1 - outliers]});
    }
    if (sure.empty()) {
        return std::nullopt;
    }
    const auto [low, high] = std::minmax_element(sure.begin(), sure.end());
    return Range{*low, *high};
}

std::optional<CurvePoint> RunLines::mainValueAt(const RunCurves::Run& run, const LineOptions& options, double step) const {
    return mainSeries(run, options).valueAt(step);
}

void RunLines::addOutline(std::vector<QPointF>& points) const {
    const int count = main_->dataCount();
    const int every = std::max(1, count / kOutlinePoints);
    for (int i = 0; main_->visible() && i < count; i += every) {
        const auto point = main_->data()->at(i);
        points.emplace_back(point->key, point->value);
    }
}

int RunLines::drawnPoints() const { return raw_->dataCount() + main_->dataCount() + validation_->dataCount() + markers_->dataCount(); }

}  // namespace maskscope
