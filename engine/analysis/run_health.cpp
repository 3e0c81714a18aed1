#include "analysis/run_health.h"

#include <limits>

#include "analysis/doctor.h"
#include "analysis/run_session.h"
#include "core/error.h"
#include "data/split.h"
#include "training/checkpoint_store.h"
#include "training/feature_spread.h"
#include "training/metrics_log.h"
#include "training/run_directory.h"
#include "training/settings.h"

namespace maskscope {
namespace {

constexpr std::int64_t kSpreadSamples = 64;

/// A column of metrics.csv, NaN where a cell is empty or the file has no such column.
class Column {
public:
    Column(const MetricsTable& table, const char* name) : table_(table) {
        const auto place = std::find(table.columns.begin(), table.columns.end(), name);
        index_ = place == table.columns.end() ? table.columns.size() : static_cast<std::size_t>(place - table.columns.begin());
    }
    double at(std::size_t row) const { return optionalAt(row).value_or(std::numeric_limits<double>::quiet_NaN()); }
    std::optional<double> optionalAt(std::size_t row) const { return index_ < table_.rows[row].size() ? table_.rows[row][index_] : std::nullopt; }

private:
    const MetricsTable& table_;
    std::size_t index_;
};

struct Metrics {
    std::vector<StepRecord> steps;
    std::vector<ValidationRecord> validations;
};

/// The reference lines are not in metrics.csv; skill = 1 - val_loss / mean patch gives the one that matters.
Metrics readMetrics(const std::filesystem::path& file) {
    const MetricsTable table = MetricsLog::read(file);
    const Column step(table, "step"), loss(table, "loss"), lr(table, "lr"), norm(table, "grad_norm"), valLoss(table, "val_loss"),
        objective(table, "val_objective"), skill(table, "skill");
    Metrics metrics;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto at = static_cast<std::int64_t>(step.at(row));
        metrics.steps.push_back({.step = at, .loss = loss.at(row), .learningRate = lr.at(row), .gradientNorm = norm.at(row)});
        if (!objective.optionalAt(row)) continue;
        ValidationRecord validation{.step = at, .objective = objective.at(row)};
        validation.pixelLoss = skill.optionalAt(row) ? valLoss.optionalAt(row) : std::nullopt;
        validation.skill = skill.optionalAt(row);
        if (validation.pixelLoss && *validation.skill < 1.0) validation.baselines.meanPatch = *validation.pixelLoss / (1.0 - *validation.skill);
        metrics.validations.push_back(std::move(validation));
    }
    return metrics;
}

FeatureSpread spreadAt(const std::filesystem::path& run, std::int64_t step) {
    RunSession opened = openRunSession(run, step);
    const TrainingRequest& request = opened.description.request;
    const auto data = opened.session->domain().open(request.validation.empty() ? request.data : request.validation, {.cacheMb = 0});
    const View view = opened.session->domain().evaluationView(*data, evenlySpread(allSamples(*data), kSpreadSamples), {});
    return featureSpread(opened.session->features(view, {}), step);
}

}  // namespace

HealthRecord examineRunFolder(const std::filesystem::path& run, const std::stop_token& stop) {
    const RunDirectory directory = RunDirectory::open(run);
    const RunDescription description = RunDescription::fromValue(directory.content(), directory.runFile().string());
    const TrainSettings settings = TrainSettings::read(description.request.recipe.root);
    const Metrics metrics = readMetrics(directory.metricsFile());
    std::vector<std::int64_t> checkpoints;
    for (const CheckpointInfo& info : CheckpointStore(directory.checkpointsFolder(), CheckpointStore::Access::Read).list())
        if (info.isComplete()) checkpoints.push_back(info.step);
    std::vector<FeatureSpread> spreads;
    if (checkpoints.size() > 1)
        for (const std::int64_t step : {checkpoints.front(), checkpoints.back()}) {
            if (stop.stop_requested()) throw StoppedError("the examination was stopped");
            spreads.push_back(spreadAt(run, step));
        }
    return examineRun({.steps = metrics.steps,
                       .validations = metrics.validations,
                       .spreads = spreads,
                       .checkpoints = checkpoints,
                       .scheduleSteps = settings.steps,
                       .warmupSteps = settings.lrSchedule().warmupSteps(),
                       .failure = {}});
}

}  // namespace maskscope
