#include "training/run_record.h"

#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "training/probes.h"

namespace maskscope {
namespace {

/// New ones come last, so that older runs go on without them. "val_first" is the held-out loss of the recipe's first objective, without its weight;
/// "val_trivial" is what its best blind answer costs.
const std::vector<std::string> kColumns{"step",     "seconds",       "loss",  "lr",          "grad_norm", "images_per_second",
                                        "val_loss", "val_objective", "skill", "val_trivial", "val_first"};

}  // namespace

RunRecord::RunRecord(const RunDirectory& directory)
    : snapshots_(directory.snapshotsFolder()),
      baselines_(directory.baselinesFile()),
      metrics_(directory.metricsFile(), kColumns),
      events_(directory.eventsFolder()) {
    makeFolder(snapshots_);
}

void RunRecord::addStep(const StepRecord& step, const std::optional<ValidationRecord>& validation) {
    std::vector<MetricsCell> cells{
        static_cast<double>(step.step), step.seconds, step.loss, step.learningRate, step.gradientNorm, step.imagesPerSecond};
    std::vector<EventScalar> scalars{{"train/loss", static_cast<float>(step.loss)},
                                     {"train/lr", static_cast<float>(step.learningRate)},
                                     {"train/grad_norm", static_cast<float>(step.gradientNorm)},
                                     {"speed/images_per_second", static_cast<float>(step.imagesPerSecond)}};
    cells.resize(kColumns.size());
    if (validation) {
        cells[6] = validation->pixelLoss;
        cells[7] = validation->objective;
        cells[8] = validation->skill;
        cells[9] = validation->objectives.front().trivial;
        cells[10] = validation->objectives.front().loss;
        scalars.emplace_back("validation/objective", static_cast<float>(validation->objective));
        if (validation->pixelLoss) scalars.emplace_back("validation/loss", static_cast<float>(*validation->pixelLoss));
        if (validation->skill) scalars.emplace_back("validation/skill", static_cast<float>(*validation->skill));
    }
    cells.resize(metrics_.columns().size());
    waiting_.push_back({step.step, std::move(cells), std::move(scalars)});
    try {
        writeWaiting();
    } catch (const FileError& error) {
        problem_ = error.what();
    }
}

void RunRecord::writeWaiting() {
    while (!waiting_.empty()) {
        Row& row = waiting_.front();
        if (!row.cells.empty()) metrics_.append(row.cells);
        row.cells.clear();
        events_.addScalars(row.step, row.scalars);
        waiting_.pop_front();
    }
    problem_.clear();
}

void RunRecord::setBaselines(const BaselineRecord& baselines) {
    const Value content(
        Value::Table{{"mean_patch", baselines.meanPatch}, {"nearest_visible", baselines.nearestVisible}, {"inpaint", baselines.inpaint}});
    writeFileAtomically(baselines_, writeToml(content));
}

void RunRecord::addProbes(const ProbeRecord& probes) {
    if (probes.pictures.empty()) return;
    const Image sheet = writeProbes(snapshots_, probes);
    if (sheet.empty()) return;
    events_.addImage(probes.step, {"probes", sheet.width, sheet.height, sheet.channels, readFile(probeSheetFile(snapshots_, probes.step))});
}

void RunRecord::sync() {
    writeWaiting();
    metrics_.sync();
    events_.sync();
}

void RunRecord::cutAfter(const RunDirectory& directory, std::int64_t step) {
    MetricsLog::cutAfter(directory.metricsFile(), step);
    cutEventsAfter(directory.eventsFolder(), step);
    cutProbesAfter(directory.snapshotsFolder(), step);
}

}  // namespace maskscope
