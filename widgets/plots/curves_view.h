#pragma once

#include <QPointer>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>

#include "widgets/pictures/view_state.h"
#include "widgets/plots/run_curves.h"

class QCPPainter;
class QLabel;
class QSlider;
class QToolButton;

namespace maskscope {

class CurvesPlot;
class RunLegend;
class SkillBadge;
class SmallCurves;
class StateLayer;

/// Losses of the runs over their steps, with what they mean beside it: the skill badge and its sentence, reference lines of
/// predictors that learn nothing, small curves of learning rate, gradient norm, throughput, skill and probe accuracy. Redraws at
/// most ten times a second however often points come.
class CurvesView : public QWidget {
    Q_OBJECT

public:
    explicit CurvesView(QWidget* parent = nullptr);
    ~CurvesView() override;

    /// Not owned; null: nothing to show.
    void setCurves(RunCurves* curves);
    /// The run that the badge and the small curves are about; empty: the first visible one.
    void setCurrentRun(const QString& id);
    /// The time cursor of the whole window; none: follows the newest step. Does not signal.
    void setTimeCursor(std::optional<double> step);
    /// The crosshair of another view; none: gone. Does not signal.
    void setCrosshair(std::optional<double> step);
    /// Empty: what would be here, shown while there are no points. Waiting, stale and failed: as they are. Ready: points if there are.
    void setState(const ViewState& state);

    /// @param span  in steps, see SmoothedSeries
    void setSmoothing(double span);
    double smoothing() const;
    void setLogSteps(bool on);
    void setLogValues(bool on);
    void setValidationVisible(bool on);
    /// Back to all steps and all values, following the newest.
    void fit();

    /// How long the last redraw of the large plot took, in milliseconds; and how many there were.
    double lastRedrawMs() const;
    int redrawCount() const;

    /// Writes the figure (.png, .svg, .pdf) or all values of the visible runs (.csv), as the ending says.
    /// @param caption  below a figure @param view  kept in a PNG, see FigureOptions
    /// @throws FileError, UsageError
    void writeTo(const QString& path, const QString& caption = {}, const QString& view = {}) const;

    CurvesPlot* plot() const { return plot_; }
    SmallCurves* smallCurves() const { return small_; }
    SkillBadge* badge() const { return badge_; }
    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

public Q_SLOTS:
    /// Asks for a file and writes the figure there; the ending chooses PNG, SVG, PDF or CSV.
    void exportAs();

Q_SIGNALS:
    /// The user moved the time cursor.
    void cursorMoved(double step);
    /// The pointer hovers at this step; NaN: it left.
    void crosshairMoved(double step);
    /// The user chose a run in the legend.
    void runChosen(const QString& id);
    void exported(const QString& path);
    void exportFailed(const QString& message);
    /// The one button of an empty or failed state.
    void actionTriggered();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void build();
    QWidget* buildTools();
    QToolButton* addTool(const QString& text, const QString& help, bool checkable);
    void buildMenu();
    void connectParts();
    void restyle();
    void askRedraw();
    void redraw();
    void takeRuns();
    void updateHeader();
    void updateState();
    void dropWhatDoesNotFit();
    const RunCurves::Run* currentRun() const;
    void drawFigure(QCPPainter& painter, const QSize& size) const;

    QPointer<RunCurves> curves_;
    QString currentId_;
    ViewState state_;
    std::optional<double> cursor_;
    std::optional<bool> validationWish_;  // none: one run shows its validation, several do not
    QTimer redrawTimer_;

    SkillBadge* badge_ = nullptr;
    RunLegend* legend_ = nullptr;
    CurvesPlot* plot_ = nullptr;
    SmallCurves* small_ = nullptr;
    QWidget* tools_ = nullptr;
    QLabel* smoothingLabel_ = nullptr;
    QSlider* smoothingSlider_ = nullptr;
    QToolButton *logSteps_ = nullptr, *logValues_ = nullptr, *validation_ = nullptr, *scale_ = nullptr, *menu_ = nullptr;
    bool hasScales_ = false;  // the current run's loss is not its pixel error
    StateLayer* stateLayer_ = nullptr;
};

}  // namespace maskscope
