#include "widgets/plots/curves_view.h"

#include <qcustomplot.h>

#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>

#include "widgets/pictures/state_layer.h"
#include "widgets/plots/curves_plot.h"
#include "widgets/plots/numbers.h"
#include "widgets/plots/run_legend.h"
#include "widgets/plots/skill_badge.h"
#include "widgets/plots/small_curves.h"
#include "widgets/plots/theme_change.h"
#include "widgets/theme/theme.h"

namespace maskscope {
namespace {

constexpr int kRedrawEveryMs = 100;
constexpr std::array<double, 11> kSpans = {0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};  // of the slider's places
constexpr int kFirstSpan = 5;
constexpr int kRoomForWordsPx = 340;
constexpr int kScaleWordsPx = 76;
constexpr int kRoomForSmallPx = 330;
constexpr int kRoomForLegendPx = 230;
constexpr int kRoomForBadgePx = 200;
constexpr int kRoomForToolsPx = 170;

}  // namespace

CurvesView::CurvesView(QWidget* parent) : QWidget(parent), state_(ViewState::ready()) {
    setAccessibleName(tr("Curves"));
    build();
    connectParts();
    setSmoothing(kSpans[kFirstSpan]);
    updateState();
}

CurvesView::~CurvesView() = default;

void CurvesView::build() {
    badge_ = new SkillBadge(this);
    legend_ = new RunLegend(this);
    plot_ = new CurvesPlot(this);
    small_ = new SmallCurves(this);
    tools_ = buildTools();
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(scaled(4));
    layout->addWidget(badge_);
    layout->addWidget(tools_);
    layout->addWidget(legend_);
    layout->addWidget(plot_, 5);
    layout->addWidget(small_, 1);
    stateLayer_ = new StateLayer(this);
    restyle();
}

void CurvesView::connectParts() {
    redrawTimer_.setSingleShot(true);
    connect(&redrawTimer_, &QTimer::timeout, this, &CurvesView::redraw);
    smoothingSlider_->setRange(0, static_cast<int>(kSpans.size()) - 1);
    connect(smoothingSlider_, &QSlider::valueChanged, this, [this](int place) { setSmoothing(kSpans.at(static_cast<std::size_t>(place))); });
    connect(logSteps_, &QToolButton::toggled, this, &CurvesView::setLogSteps);
    connect(logValues_, &QToolButton::toggled, this, &CurvesView::setLogValues);
    connect(validation_, &QToolButton::clicked, this, [this](bool on) { setValidationVisible(on); });
    connect(scale_, &QToolButton::toggled, this, [this](bool on) {
        plot_->setScale(on ? LossScale::PixelError : LossScale::Objective);
        redraw();
    });
    const auto moveCursor = [this](double step) {
        setTimeCursor(step);
        Q_EMIT cursorMoved(step);
    };
    connect(plot_, &CurvesPlot::cursorMoved, this, moveCursor);
    connect(small_, &SmallCurves::cursorMoved, this, moveCursor);
    const auto moveCrosshair = [this](double step) {
        setCrosshair(std::isnan(step) ? std::nullopt : std::optional(step));
        Q_EMIT crosshairMoved(step);
    };
    connect(plot_, &CurvesPlot::crosshairMoved, this, moveCrosshair);
    connect(small_, &SmallCurves::crosshairMoved, this, moveCrosshair);
    connect(plot_->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            [this](const QCPRange& range) { small_->setSteps(range.lower, range.upper, plot_->logSteps()); });
    connect(legend_, &RunLegend::runChosen, this, [this](const QString& id) {
        setCurrentRun(id);
        Q_EMIT runChosen(id);
    });
    connect(stateLayer_, &StateLayer::actionTriggered, this, &CurvesView::actionTriggered);
}

void CurvesView::setCurves(RunCurves* curves) {
    if (curves_) {
        curves_->disconnect(this);
    }
    curves_ = curves;
    plot_->setCurves(curves);
    small_->setCurves(curves);
    legend_->setCurves(curves);
    if (curves_) {
        connect(curves_, &RunCurves::pointsChanged, this, &CurvesView::askRedraw);
        connect(curves_, &RunCurves::runsChanged, this, &CurvesView::takeRuns);
    }
    takeRuns();
}

void CurvesView::takeRuns() {
    const auto isVisible = [](const RunCurves::Run& run) { return run.visible; };
    const auto visible = curves_ ? std::count_if(curves_->runs().begin(), curves_->runs().end(), isVisible) : 0;
    const bool showsValidation = validationWish_.value_or(visible <= 1);
    plot_->setValidationVisible(showsValidation);
    legend_->setValidationVisible(showsValidation);
    validation_->setChecked(showsValidation);
    const RunCurves::Run* run = currentRun();
    legend_->setCurrentRun(run != nullptr ? run->id : QString());
    askRedraw();
    updateState();
}

const RunCurves::Run* CurvesView::currentRun() const { return curves_ ? curves_->visibleRun(currentId_) : nullptr; }

void CurvesView::setCurrentRun(const QString& id) {
    currentId_ = id;
    plot_->setCurrentRun(id);
    small_->setCurrentRun(id);
    legend_->setCurrentRun(id);
    askRedraw();
}

void CurvesView::setTimeCursor(std::optional<double> step) {
    if (step == cursor_) {
        return;
    }
    cursor_ = step;
    plot_->setTimeCursor(step);
    small_->setTimeCursor(step);
    updateHeader();
}

void CurvesView::setCrosshair(std::optional<double> step) {
    plot_->setCrosshair(step);
    small_->setCrosshair(step);
}

void CurvesView::setState(const ViewState& state) {
    state_ = state;
    updateState();
}

void CurvesView::setSmoothing(double span) {
    plot_->setSmoothing(span);
    const QSignalBlocker blocker(smoothingSlider_);
    const auto* place =
        std::min_element(kSpans.begin(), kSpans.end(), [span](double a, double b) { return std::abs(a - span) < std::abs(b - span); });
    smoothingSlider_->setValue(static_cast<int>(place - kSpans.begin()));
    smoothingLabel_->setText(span > 0.0 ? tr("mean of %1").arg(exact(std::llround(span))) : tr("raw"));
    smoothingSlider_->setAccessibleDescription(smoothingLabel_->text());
    askRedraw();
}

double CurvesView::smoothing() const { return plot_->smoothing(); }

void CurvesView::setLogSteps(bool on) {
    const QSignalBlocker blocker(logSteps_);
    logSteps_->setChecked(on);
    plot_->setLogSteps(on);
    redraw();
}

void CurvesView::setLogValues(bool on) {
    const QSignalBlocker blocker(logValues_);
    logValues_->setChecked(on);
    plot_->setLogValues(on);
    redraw();
}

void CurvesView::setValidationVisible(bool on) {
    validationWish_ = on;
    takeRuns();
}

void CurvesView::fit() {
    plot_->fit();
    updateHeader();
}

double CurvesView::lastRedrawMs() const { return plot_->lastRedrawMs(); }

int CurvesView::redrawCount() const { return plot_->redrawCount(); }

/// However often points come: the first of them starts the wait, the rest find it running.
void CurvesView::askRedraw() {
    if (!redrawTimer_.isActive()) {
        redrawTimer_.start(kRedrawEveryMs);
    }
}

void CurvesView::redraw() {
    plot_->refresh();
    small_->setSteps(plot_->xAxis->range().lower, plot_->xAxis->range().upper, plot_->logSteps());
    updateHeader();
    updateState();
}

void CurvesView::updateHeader() {
    const RunCurves::Run* run = currentRun();
    const bool isValidated = run != nullptr && !run->of(Metric::ValidationObjective).empty() && run->of(Metric::ValidationPixels).empty();
    badge_->setSkill(run != nullptr ? skillSummary(*run, cursor_) : std::nullopt,
                     isValidated && run->of(Metric::Skill).empty() ? tr("No simple answer to compare this loss with, so there is no skill")
                                                                   : tr("Skill comes with the first validation"));
    hasScales_ = run != nullptr && !run->objectiveIsPixels && !run->of(Metric::ValidationPixels).empty();
    legend_->setOnlyValidation(hasScales_ && plot_->scale() == LossScale::PixelError);
    dropWhatDoesNotFit();
}

void CurvesView::updateState() {
    const bool hasPoints = curves_ && curves_->stepRange().has_value();
    ViewState shown = state_;
    if (shown.kind == ViewState::Kind::Empty && hasPoints) {
        shown = ViewState::ready();
    } else if (shown.kind == ViewState::Kind::Ready && !hasPoints) {
        shown = ViewState::empty(tr("The loss of the run will be drawn here"), tr("Start training, or open a run."));
    }
    stateLayer_->setState(shown);
    for (QWidget* part : {static_cast<QWidget*>(badge_), tools_, static_cast<QWidget*>(legend_), static_cast<QWidget*>(plot_)}) {
        part->setEnabled(!shown.coversContent());
    }
    plot_->setAccessibleDescription(shown.coversContent() ? shown.hint : QString());
}

/// Small areas keep the picture and lose, in this order, the small curves, the legend, the badge and the tools.
void CurvesView::dropWhatDoesNotFit() {
    const int room = height();
    small_->setVisible(room >= scaled(kRoomForSmallPx));
    legend_->setVisible(room >= scaled(kRoomForLegendPx));
    badge_->setVisible(room >= scaled(kRoomForBadgePx));
    tools_->setVisible(room >= scaled(kRoomForToolsPx));
    const bool isWide = width() >= scaled(hasScales_ ? kRoomForWordsPx + kScaleWordsPx : kRoomForWordsPx);
    menu_->setVisible(!isWide);
    scale_->setVisible(isWide && hasScales_);
    for (QToolButton* button : {validation_, logSteps_, logValues_}) {
        button->setVisible(isWide);
    }
}

void CurvesView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (isThemeChange(event)) {
        restyle();
    }
}

void CurvesView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    dropWhatDoesNotFit();
}

QSize CurvesView::minimumSizeHint() const { return {scaled(280), scaled(160)}; }

QSize CurvesView::sizeHint() const { return {scaled(360), scaled(380)}; }

}  // namespace maskscope
