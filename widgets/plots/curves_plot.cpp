#include "widgets/plots/curves_plot.h"

#include <QElapsedTimer>
#include <algorithm>
#include <cmath>

#include "widgets/plots/axis_ticks.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr double kMargin = 0.06;         // of the values' range, above and below
constexpr double kSteepBeginning = 0.1;  // of the steps: does not decide the values' range, or it would flatten all the rest
constexpr int kPointsWorthCutting = 50;
constexpr int kRunsWithRawValues = 2;  // more of them hide each other
constexpr double kLeastLogStep = 1.0;
constexpr int kTicksX = 5;
constexpr int kTicksY = 5;

}  // namespace

CurvesPlot::CurvesPlot(QWidget* parent) : QCustomPlot(parent) {
    makeLayers();
    references_ = new ReferenceLines(this);
    references_->setLayer(QStringLiteral("references"));
    cursor_ = new PlotCursor(this);
    cursor_->setLayer(QStringLiteral("cursor"));
    quantity_ = new QCPItemText(this);
    quantity_->setLayer(QStringLiteral("references"));
    quantity_->setClipToAxisRect(false);
    quantity_->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    quantity_->position->setType(QCPItemPosition::ptAxisRectRatio);
    quantity_->position->setCoords(0.0, 0.0);
    quantity_->setSelectable(false);
    setPlottingHint(QCP::phFastPolylines);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Loss curves"));
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setNumberFormat(QStringLiteral("g"));  // as written, no powers set in small type
        axis->setTickLengthIn(0);
        axis->setTickLengthOut(0);
        axis->setSubTicks(false);
    }
    axisRect()->setMinimumMargins(QMargins(scaled(6), scaled(18), scaled(10), scaled(4)));
    restyle();
    setLogSteps(false);
    setLogValues(false);
}

CurvesPlot::~CurvesPlot() = default;

void CurvesPlot::makeLayers() {
    QCPLayer* above = layer(QStringLiteral("main"));
    for (const char* name : {"raw", "validation", "smooth", "references", "cursor"}) {
        addLayer(QLatin1String(name), above);
        above = layer(QLatin1String(name));
    }
    layer(QStringLiteral("cursor"))->setMode(QCPLayer::lmBuffered);
}

void CurvesPlot::restyle() {
    const ThemeTokens& tokens = theme();
    setBackground(tokens.panel);
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setTickLabelFont(maskscope::font(TextStyle::Label));
        axis->setTickLabelColor(tokens.text2);
        axis->setTickLabelPadding(scaled(5));
        axis->setBasePen(QPen(tokens.grid, 1));
        axis->setTickPen(Qt::NoPen);
        axis->grid()->setPen(QPen(tokens.grid, 1));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    quantity_->setFont(maskscope::font(TextStyle::Label));
    quantity_->setColor(tokens.text2);
    quantity_->setPadding(QMargins(0, 0, 0, scaled(3)));
    xAxis->grid()->setVisible(false);
    yAxis->setBasePen(Qt::NoPen);
}

void CurvesPlot::setCurves(RunCurves* curves) {
    curves_ = curves;
    for (auto& [id, lines] : lines_) {
        lines->removeFrom(this);
    }
    lines_.clear();
}

void CurvesPlot::setCurrentRun(const QString& id) { currentId_ = id; }

void CurvesPlot::setSmoothing(double span) {
    smoothing_ = span;
    for (auto& [id, lines] : lines_) {
        lines->setSmoothing(span);
    }
}

void CurvesPlot::setLogSteps(bool on) {
    options_.logSteps = on;
    xAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    xAxis->setTicker(on ? logTicks() : linearTicks(true));
    xAxis->ticker()->setTickCount(kTicksX);
    followsNewest_ = true;
}

void CurvesPlot::setLogValues(bool on) {
    options_.logValues = on;
    yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    yAxis->setTicker(on ? logTicks() : linearTicks(false));
    yAxis->ticker()->setTickCount(kTicksY);
    followsValues_ = true;
}

void CurvesPlot::setValidationVisible(bool on) { options_.validation = on; }

void CurvesPlot::setScale(LossScale scale) {
    options_.scale = scale;
    followsValues_ = true;
}

const RunCurves::Run* CurvesPlot::currentRun() const { return curves_ ? curves_->visibleRun(currentId_) : nullptr; }

/// Lines for the runs that are there now, none for those that went.
void CurvesPlot::takeRuns() {
    std::erase_if(lines_, [this](auto& entry) {
        const bool isGone = curves_->find(entry.first) == nullptr;
        if (isGone) {
            entry.second->removeFrom(this);
        }
        return isGone;
    });
    for (const RunCurves::Run& run : curves_->runs()) {
        auto& lines = lines_[run.id];
        if (lines == nullptr) {
            lines = std::make_unique<RunLines>(this);
            lines->setSmoothing(smoothing_);
        }
    }
}

void CurvesPlot::fit() {
    followsNewest_ = followsValues_ = true;
    refresh();
}

void CurvesPlot::fitSteps() {
    const auto steps = curves_->stepRange();
    const double last = steps ? steps->second : 1.0;
    if (options_.logSteps) {
        xAxis->setRange(kLeastLogStep, std::max(2.0 * kLeastLogStep, last * 1.05));
    } else {
        xAxis->setRange(0.0, axisEnd(std::max(last, 1.0), kTicksX));
    }
}

void CurvesPlot::fitValues() {
    const double first = xAxis->range().lower;
    std::optional<RunLines::Range> range;
    for (const auto& [id, lines] : lines_) {
        const bool cuts = lines->drawnPoints() > kPointsWorthCutting && !options_.logValues && !options_.logSteps;
        const double leaveOut = cuts ? first + kSteepBeginning * xAxis->range().size() : first;
        if (const auto own = lines->valueRange(leaveOut, options_.logValues)) {
            range = range ? RunLines::Range{std::min(range->low, own->low), std::max(range->high, own->high)} : *own;
        }
    }
    for (const ReferenceLines::Reference& line : references_->references()) {
        if (range) range = RunLines::Range{std::min(range->low, line.loss), std::max(range->high, line.loss)};
    }
    if (!range) {
        return;
    }
    if (options_.logValues) {
        const double margin = std::max(1.02, std::pow(range->high / range->low, kMargin));
        yAxis->setRange(range->low / margin, range->high * margin);
        return;
    }
    const double size = range->high > range->low ? range->high - range->low : std::max(1e-6, 0.1 * std::abs(range->high));
    const double spacing = tickSpacing(size, 4 * kTicksY);
    const double low = spacing * std::floor((range->low - kMargin * size) / spacing);
    yAxis->setRange(range->low >= 0.0 ? std::max(0.0, low) : low, spacing * std::ceil((range->high + kMargin * size) / spacing));
}

void CurvesPlot::updateLines() {
    const auto visible = std::count_if(curves_->runs().begin(), curves_->runs().end(), [](const RunCurves::Run& run) { return run.visible; });
    const RunCurves::Run* current = currentRun();
    options_.first = xAxis->range().lower;
    options_.last = xAxis->range().upper;
    options_.pixels = std::max(10, axisRect()->width());
    options_.markers = visible > 1;
    for (const RunCurves::Run& run : curves_->runs()) {
        LineOptions own = options_;
        own.emphasis = &run == current;
        own.raw = own.emphasis || visible <= kRunsWithRawValues;
        lines_.at(run.id)->update(run, own);
    }
    std::vector<QPointF> outline;
    for (const auto& [id, lines] : lines_) {
        lines->addOutline(outline);
    }
    references_->setObstacles(std::move(outline));
    // Who predicts no pixels has neither of them; reference lines are known before the first validation
    const bool hasPixels = current != nullptr && (current->baselines || !current->of(Metric::ValidationPixels).empty());
    const bool isPixels = hasPixels && (options_.scale == LossScale::PixelError || current->objectiveIsPixels);
    quantity_->setText(isPixels ? tr("pixel error over steps") : tr("loss over steps"));
    std::vector<ReferenceLines::Reference> lines;
    if (isPixels && current->baselines) {
        lines = ReferenceLines::ofPixels(*current->baselines);
    } else if (!isPixels && current != nullptr && current->blindLoss) {
        lines = ReferenceLines::ofBlindAnswer(*current->blindLoss);
    }
    references_->setReferences(std::move(lines), visible > 1 ? current->name : QString());
}

void CurvesPlot::refresh() {
    if (!curves_) {
        return;
    }
    QElapsedTimer timer;
    timer.start();
    takeRuns();
    if (followsNewest_) {
        fitSteps();
    }
    updateLines();
    if (followsValues_) {
        fitValues();
    }
    if (cursor_->cursor()) {
        cursor_->setCursor(cursor_->cursor(), valuesAt(*cursor_->cursor()));
    }
    if (cursor_->crosshair()) {
        cursor_->setCrosshair(cursor_->crosshair(), valuesAt(*cursor_->crosshair()));
    }
    replot(rpQueuedRefresh);
    lastRedrawMs_ = static_cast<double>(timer.nsecsElapsed()) * 1e-6;
    ++redrawCount_;
    describe();
}

int CurvesPlot::drawnPoints() const {
    int points = 0;
    for (const auto& [id, lines] : lines_) {
        points += lines->drawnPoints();
    }
    return points;
}

std::vector<PlotCursor::Value> CurvesPlot::valuesAt(double step) const {
    std::vector<PlotCursor::Value> values;
    if (!curves_) {
        return values;
    }
    for (const RunCurves::Run& run : curves_->runs()) {
        const auto lines = lines_.find(run.id);
        if (!run.visible || lines == lines_.end()) {
            continue;
        }
        const RunStyle& style = theme().runs.at(static_cast<std::size_t>(run.style));
        const auto point = lines->second->mainValueAt(run, options_, step);
        const bool isOver = point && !run.of(Metric::TrainingLoss).empty() && step > run.of(Metric::TrainingLoss).lastStep();
        const std::optional<double> height = point && !isOver ? std::optional(point->value) : std::nullopt;
        values.push_back({run.name, point && !isOver ? significant(point->value) : QStringLiteral("—"), style.color, style.marker, height});
    }
    return values;
}

void CurvesPlot::redrawCursor() {
    layer(QStringLiteral("cursor"))->replot();
    ++cursorRedrawCount_;
}

void CurvesPlot::setTimeCursor(std::optional<double> step) {
    cursor_->setCursor(step, step ? valuesAt(*step) : std::vector<PlotCursor::Value>{});
    redrawCursor();
    describe();
}

void CurvesPlot::setCrosshair(std::optional<double> step) {
    cursor_->setCrosshair(step, step ? valuesAt(*step) : std::vector<PlotCursor::Value>{});
    redrawCursor();
}

void CurvesPlot::zoomSteps(double factor, double about) {
    followsNewest_ = false;
    xAxis->scaleRange(factor, about);
    if (!options_.logSteps && xAxis->range().lower < 0.0) {
        xAxis->setRange(0.0, xAxis->range().upper);
    }
    if (xAxis->range().size() < 4.0) {
        xAxis->setRange(std::max(0.0, about - 2.0), about + 2.0);
    }
    refresh();
}

void CurvesPlot::describe() {
    const RunCurves::Run* run = currentRun();
    if (run == nullptr || run->of(Metric::TrainingLoss).empty()) {
        setAccessibleDescription(tr("No values yet"));
        return;
    }
    const CurveSeries& loss = run->of(Metric::TrainingLoss);
    const double step = cursor_->cursor().value_or(loss.lastStep());
    const auto point = loss.valueAt(step);
    setAccessibleDescription(
        tr("%1: training loss %2 at step %3").arg(run->name, point ? significant(point->value) : QStringLiteral("—"), exact(std::llround(step))));
}

void CurvesPlot::resizeEvent(QResizeEvent* event) {
    QCustomPlot::resizeEvent(event);
    refresh();
}

void CurvesPlot::changeEvent(QEvent* event) {
    QCustomPlot::changeEvent(event);
    if (isThemeChange(event)) {
        restyle();
        refresh();
    }
}

}  // namespace maskscope
