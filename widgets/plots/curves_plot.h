#pragma once

#include <qcustomplot.h>

#include <QPointer>
#include <map>
#include <memory>
#include <optional>

#include "widgets/plots/plot_items.h"
#include "widgets/plots/run_curves.h"
#include "widgets/plots/run_lines.h"

namespace maskscope {

/// The large plot of losses over steps. The wheel zooms the steps (with Shift the values), dragging moves, a click or a drag of the
/// cursor line moves the time cursor, a double click shows everything. Keys: left and right move the cursor (with Shift ten times
/// as far), Home and End go to its ends, plus and minus zoom, 0 shows everything.
class CurvesPlot : public QCustomPlot {
    Q_OBJECT

public:
    explicit CurvesPlot(QWidget* parent = nullptr);
    ~CurvesPlot() override;

    /// Not owned. Draws nothing until `refresh`.
    void setCurves(RunCurves* curves);
    /// The run whose reference lines are shown.
    void setCurrentRun(const QString& id);
    void setSmoothing(double span);
    double smoothing() const { return smoothing_; }
    void setLogSteps(bool on);
    void setLogValues(bool on);
    bool logSteps() const { return options_.logSteps; }
    bool logValues() const { return options_.logValues; }
    void setValidationVisible(bool on);
    bool validationVisible() const { return options_.validation; }
    void setScale(LossScale scale);
    LossScale scale() const { return options_.scale; }

    void setTimeCursor(std::optional<double> step);
    void setCrosshair(std::optional<double> step);
    /// All steps and the values worth seeing; new steps widen the plot from now on.
    void fit();
    bool followsNewest() const { return followsNewest_; }
    void zoomSteps(double factor, double about);

    /// Takes what the curves have now and draws it.
    void refresh();
    double lastRedrawMs() const { return lastRedrawMs_; }
    int redrawCount() const { return redrawCount_; }
    /// Points in all lines, after decimation.
    int drawnPoints() const;

    const ReferenceLines* references() const { return references_; }
    const PlotCursor* cursor() const { return cursor_; }
    /// How often the layer of cursor and crosshair was drawn alone.
    int cursorRedrawCount() const { return cursorRedrawCount_; }

Q_SIGNALS:
    void cursorMoved(double step);
    void crosshairMoved(double step);  // NaN: the pointer left

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    enum class Drag { None, Cursor, Pan };

    void makeLayers();
    void restyle();
    void takeRuns();
    void fitSteps();
    void fitValues();
    void updateLines();
    void redrawCursor();
    std::vector<PlotCursor::Value> valuesAt(double step) const;
    const RunCurves::Run* currentRun() const;
    double stepAt(double x) const;
    void moveCursorTo(double step);
    void describe();

    QPointer<RunCurves> curves_;
    QString currentId_;
    LineOptions options_;
    double smoothing_ = 0.0;
    std::map<QString, std::unique_ptr<RunLines>> lines_;
    ReferenceLines* references_ = nullptr;
    PlotCursor* cursor_ = nullptr;
    QCPItemText* quantity_ = nullptr;
    bool followsNewest_ = true, followsValues_ = true;
    Drag drag_ = Drag::None;
    QPointF pressed_, dragged_;
    bool moved_ = false;
    double lastRedrawMs_ = 0.0;
    int redrawCount_ = 0, cursorRedrawCount_ = 0;
};

}  // namespace maskscope
