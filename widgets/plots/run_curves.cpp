#include "widgets/plots/run_curves.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/text.h"
#include "widgets/plots/numbers.h"

namespace maskscope {
namespace {

constexpr double kSameQuantity = 1e-4;

struct MetricWords {
    const char* name;
    const char* column;
};

constexpr std::array<MetricWords, kMetricCount> kWords = {{
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Training loss"), "loss"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Validation loss"), "val_objective"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Pixel error"), "val_loss"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Skill"), "skill"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Learning rate"), "lr"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Gradient norm"), "grad_norm"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Throughput"), "images_per_second"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Probe accuracy"), "probe_accuracy"},
    {QT_TRANSLATE_NOOP("maskscope::Metric", "Feature rank"), "feature_rank"},
}};

std::string quoted(const QString& id) { return "run '" + id.toStdString() + "'"; }

QByteArray csvText(const QString& text) {
    QString doubled = text;
    doubled.replace(QLatin1Char('"'), QLatin1String("\"\""));
    return text.contains(QLatin1Char(',')) || doubled != text ? ('"' + doubled + '"').toUtf8() : text.toUtf8();
}

/// One row a step at which any metric has a point.
void appendRows(QByteArray& csv, const RunCurves::Run& run) {
    std::array<std::size_t, kMetricCount> next{};
    const QByteArray name = csvText(run.name);
    while (true) {
        double step = std::numeric_limits<double>::infinity();
        for (std::size_t m = 0; m < kMetricCount; ++m) {
            if (next[m] < run.series[m].size()) {
                step = std::min(step, run.series[m].at(next[m]).step);
            }
        }
        if (!std::isfinite(step)) {
            return;
        }
        csv += name + ',' + QByteArray::fromStdString(shortestNumber(step));
        for (std::size_t m = 0; m < kMetricCount; ++m) {
            csv += ',';
            if (next[m] < run.series[m].size() && run.series[m].at(next[m]).step == step) {
                csv += QByteArray::fromStdString(shortestNumber(run.series[m].at(next[m]++).value));
            }
        }
        csv += '\n';
    }
}

}  // namespace

QString metricName(Metric metric) { return QCoreApplication::translate("maskscope::Metric", kWords[static_cast<std::size_t>(metric)].name); }

QString metricColumn(Metric metric) { return QLatin1String(kWords[static_cast<std::size_t>(metric)].column); }

QString metricText(Metric metric, double value, SampleKind kind) {
    switch (metric) {
        case Metric::LearningRate:
            return learningRateText(value);
        case Metric::ProbeAccuracy:
            return percent(value, 1);
        case Metric::Throughput:
            return rateText(value, kind);
        default:
            return significant(value);
    }
}

void RunCurves::addRun(const QString& id, const QString& name, int style) {
    if (find(id) != nullptr) {
        throw UsageError(quoted(id) + " is there already");
    }
    if (runs_.size() >= static_cast<std::size_t>(kMaxRuns)) {
        throw UsageError(quoted(id) + " would be the ninth run, at most 8 are told apart; remove one first");
    }
    const bool isTaken = std::any_of(runs_.begin(), runs_.end(), [style](const Run& run) { return run.style == style; });
    if (style < 0 || style >= kMaxRuns || isTaken) {
        throw UsageError(quoted(id) + ": style " + std::to_string(style) + " is taken or not one of 0 to 7; ask freeStyle()");
    }
    Run run;
    run.id = id;
    run.name = name;
    run.style = style;
    runs_.push_back(std::move(run));
    Q_EMIT runsChanged();
}

void RunCurves::setSampleKind(const QString& id, SampleKind kind) { existing(id).kind = kind; }

void RunCurves::removeRun(const QString& id) {
    if (std::erase_if(runs_, [&id](const Run& run) { return run.id == id; }) > 0) {
        Q_EMIT runsChanged();
    }
}

void RunCurves::setVisible(const QString& id, bool visible) {
    Run& run = existing(id);
    if (run.visible != visible) {
        run.visible = visible;
        Q_EMIT runsChanged();
    }
}

std::optional<int> RunCurves::freeStyle() const {
    for (int style = 0; style < kMaxRuns; ++style) {
        if (std::none_of(runs_.begin(), runs_.end(), [style](const Run& run) { return run.style == style; })) {
            return style;
        }
    }
    return std::nullopt;
}

void RunCurves::append(const QString& id, std::span<const StepRecord> records) {
    Run& run = existing(id);
    const auto take = [&](Metric metric, double StepRecord::*value) {
        std::vector<CurvePoint> points;
        points.reserve(records.size());
        for (const StepRecord& record : records) {
            points.push_back({static_cast<double>(record.step), record.*value});
        }
        run.series[static_cast<std::size_t>(metric)].append(points);
    };
    take(Metric::TrainingLoss, &StepRecord::loss);
    take(Metric::LearningRate, &StepRecord::learningRate);
    take(Metric::GradientNorm, &StepRecord::gradientNorm);
    take(Metric::Throughput, &StepRecord::imagesPerSecond);
    Q_EMIT pointsChanged();
}

void RunCurves::append(const QString& id, const ValidationRecord& record) {
    Run& run = existing(id);
    const auto put = [&](Metric metric, double value) {
        run.series[static_cast<std::size_t>(metric)].append(CurvePoint{static_cast<double>(record.step), value});
    };
    put(Metric::ValidationObjective, record.objective);
    if (record.pixelLoss) {
        put(Metric::ValidationPixels, *record.pixelLoss);
        const double allowed = kSameQuantity * std::abs(record.objective);
        run.objectiveIsPixels = run.objectiveIsPixels && std::abs(*record.pixelLoss - record.objective) <= allowed;
    } else {
        run.objectiveIsPixels = false;
    }
    if (record.skill) {
        put(Metric::Skill, *record.skill);
    }
    if (record.baselines.meanPatch > 0.0) {
        run.baselines = record.baselines;
    }
    if (!record.pixelLoss && !record.objectives.empty()) {
        const ObjectiveRecord& first = record.objectives.front();
        if (first.trivial.value_or(0.0) > 0.0 && std::isfinite(first.loss)) {
            const bool isOnly = record.objectives.size() == 1;
            put(Metric::Skill, 1.0 - first.loss / *first.trivial);
            run.skillOf = isOnly ? QString() : QString::fromStdString(first.name);
            if (isOnly && first.loss > 0.0) {
                run.blindLoss = *first.trivial * record.objective / first.loss;  // in the objective's weight
            }
        }
    }
    Q_EMIT pointsChanged();
}

void RunCurves::append(const QString& id, Metric metric, std::span<const CurvePoint> points) {
    existing(id).series[static_cast<std::size_t>(metric)].append(points);
    Q_EMIT pointsChanged();
}

void RunCurves::cutAfter(const QString& id, double step) {
    for (CurveSeries& series : existing(id).series) {
        series.cutAfter(step);
    }
    Q_EMIT pointsChanged();
}

void RunCurves::setBaselines(const QString& id, const BaselineRecord& baselines) {
    existing(id).baselines = baselines;
    Q_EMIT pointsChanged();
}

const RunCurves::Run* RunCurves::find(const QString& id) const {
    const auto found = std::find_if(runs_.begin(), runs_.end(), [&id](const Run& run) { return run.id == id; });
    return found == runs_.end() ? nullptr : &*found;
}

const RunCurves::Run* RunCurves::visibleRun(const QString& id) const {
    const Run* chosen = find(id);
    if (chosen != nullptr && chosen->visible) {
        return chosen;
    }
    const auto first = std::find_if(runs_.begin(), runs_.end(), [](const Run& run) { return run.visible; });
    return first == runs_.end() ? nullptr : &*first;
}

RunCurves::Run& RunCurves::existing(const QString& id) {
    const auto found = std::find_if(runs_.begin(), runs_.end(), [&id](const Run& run) { return run.id == id; });
    if (found == runs_.end()) {
        throw UsageError(quoted(id) + " has no curves; add it first");
    }
    return *found;
}

std::optional<std::pair<double, double>> RunCurves::stepRange() const {
    std::optional<std::pair<double, double>> range;
    for (const Run& run : runs_) {
        for (const CurveSeries& series : run.series) {
            if (!run.visible || series.empty()) {
                continue;
            }
            const double first = series.firstStep();
            const double last = series.lastStep();
            range = range ? std::pair(std::min(range->first, first), std::max(range->second, last)) : std::pair(first, last);
        }
    }
    return range;
}

QByteArray RunCurves::csv() const {
    QByteArray csv = "run,step";
    for (std::size_t m = 0; m < kMetricCount; ++m) {
        csv += ',' + metricColumn(static_cast<Metric>(m)).toUtf8();
    }
    csv += '\n';
    for (const Run& run : runs_) {
        if (run.visible) {
            appendRows(csv, run);
        }
    }
    return csv;
}

}  // namespace maskscope
