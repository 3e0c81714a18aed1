#include "analysis/run_health.h"

#include "analysis/doctor.h"
#include "analysis/run_session.h"
#include "core/error.h"
#include "data/split.h"
#include "training/checkpoint_store.h"
#include "training/feature_spread.h"
#include "training/run_directory.h"
#include "training/run_history.h"
#include "training/settings.h"
#include "training/stage_ends.h"

namespace maskscope {
namespace {

constexpr std::int64_t kSpreadSamples = 64;

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
    const RunHistory history = readRunHistory(directory);
    std::vector<std::int64_t> checkpoints;
    for (const CheckpointInfo& info : CheckpointStore(directory.checkpointsFolder(), CheckpointStore::Access::Read).list())
        if (info.isComplete()) checkpoints.push_back(info.step);
    std::vector<FeatureSpread> spreads;
    if (checkpoints.size() > 1)
        for (const std::int64_t step : {checkpoints.front(), checkpoints.back()}) {
            if (stop.stop_requested()) throw StoppedError("the examination was stopped");
            spreads.push_back(spreadAt(run, step));
        }
    const std::int64_t done = history.steps.empty() ? 0 : history.steps.back().step;
    const StageSpan stage = presentStage(expandRecipe(description.request.recipe.root), settings.steps, done);
    return examineRun({.steps = history.steps,
                       .validations = history.validations,
                       .spreads = spreads,
                       .checkpoints = checkpoints,
                       .stageBegin = stage.begin,
                       .scheduleSteps = stage.end - stage.begin,
                       .warmupSteps = settings.lrSchedule().warmupSteps(),
                       .failure = {}});
}

}  // namespace maskscope
