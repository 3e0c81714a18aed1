#pragma once

#include <QObject>
#include <QString>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "snapshot/records.h"
#include "widgets/plots/curve_series.h"
#include "widgets/plots/sample_kind.h"

namespace maskscope {

/// What is measured over the steps of a run.
enum class Metric {
    TrainingLoss,         // the recipe's own loss
    ValidationObjective,  // the same on the frozen validation images
    ValidationPixels,     // mean squared error on hidden patches, in [-1, 1] pixel units: comparable with the reference lines
    Skill,
    LearningRate,
    GradientNorm,
    Throughput,
    ProbeAccuracy,
    FeatureRank,
};
inline constexpr std::size_t kMetricCount = 9;

/// "Gradient norm", translated.
QString metricName(Metric metric);
/// The column of metrics.csv and of exported tables: "grad_norm".
QString metricColumn(Metric metric);
/// One value as people read it: "4.90e-4", "43.1 %", "3,300 img/s".
QString metricText(Metric metric, double value, SampleKind kind = SampleKind::Image);

/// All values of up to eight runs. Values only ever arrive at the end; what a resumed run takes back is cut off.
class RunCurves : public QObject {
    Q_OBJECT

public:
    static constexpr int kMaxRuns = 8;

    explicit RunCurves(QObject* parent = nullptr) : QObject(parent) {}

    /// @param id     names the run in every other call
    /// @param style  0..7: which of theme().runs; a run keeps it for the whole session
    /// @throws UsageError if there are eight runs already, the id is taken, or the style is taken or out of range
    void addRun(const QString& id, const QString& name, int style);
    /// What throughput counts; images until it is said.
    void setSampleKind(const QString& id, SampleKind kind);
    void removeRun(const QString& id);
    void setVisible(const QString& id, bool visible);
    /// The lowest style that no run has; none where eight have one.
    std::optional<int> freeStyle() const;

    /// Records of increasing steps. @throws UsageError if there is no such run, or steps do not increase
    void append(const QString& id, std::span<const StepRecord> records);
    void append(const QString& id, const ValidationRecord& record);
    void append(const QString& id, Metric metric, std::span<const CurvePoint> points);
    /// Takes back everything after `step`.
    void cutAfter(const QString& id, double step);
    void setBaselines(const QString& id, const BaselineRecord& baselines);

    struct Run {
        QString id, name;
        int style = 0;
        bool visible = true;
        SampleKind kind = SampleKind::Image;
        std::optional<BaselineRecord> baselines;
        std::optional<double> blindLoss;  // the recipe's own loss for the best answer that looks at nothing; none: not known
        QString skillOf;                  // the objective whose skill it is; empty: of pixels, or of the only objective
        std::array<CurveSeries, kMetricCount> series;
        bool objectiveIsPixels = true;  // as far as validation has shown: objective and pixel error agree to 1e-4

        const CurveSeries& of(Metric metric) const { return series[static_cast<std::size_t>(metric)]; }
    };
    /// In the order in which they came.
    const std::vector<Run>& runs() const { return runs_; }
    const Run* find(const QString& id) const;
    /// The run of this id if it is visible, else the first visible one, else none.
    const Run* visibleRun(const QString& id) const;

    /// First and last step over the visible runs; none without points.
    std::optional<std::pair<double, double>> stepRange() const;

    /// Every point of the visible runs as CSV: run,step and one column a metric; numbers read back exactly.
    QByteArray csv() const;

Q_SIGNALS:
    /// Points came or went. May come often: views wait a moment and then draw once.
    void pointsChanged();
    /// Runs were added, removed, shown or hidden.
    void runsChanged();

private:
    Run& existing(const QString& id);

    std::vector<Run> runs_;
};

}  // namespace maskscope
