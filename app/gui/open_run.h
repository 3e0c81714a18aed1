#pragma once

#include <QString>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/bridge/run_watcher.h"
#include "snapshot/health.h"
#include "snapshot/records.h"
#include "snapshot/session.h"
#include "widgets/compare/settings_difference.h"
#include "widgets/panels/run_state.h"
#include "widgets/panels/time_lanes.h"

namespace maskscope {

/// A run that the window knows: the one it trains, and those that it looks at.
struct OpenRun {
    static constexpr std::size_t kKeptSteps = 4000;  // for the doctor

    QString id;  // the folder
    QString name;
    int style = 0;
    RunState state = RunState::Ready;
    QString failure;
    Recipe recipe;
    QString data, validation;
    SettingList settings;
    qint64 firstStep = 0, step = 0, lastStep = 0;
    double imagesPerSecond = 0.0;
    std::vector<qint64> checkpoints;
    std::vector<TimeLane::Warning> warnings;
    QString forkedFrom;
    std::deque<StepRecord> steps;
    std::vector<ValidationRecord> validations;
    std::vector<FeatureSpread> spreads;
    std::shared_ptr<const HealthRecord> health;
    std::vector<std::vector<std::uint8_t>> pinnedMasks;  // of the probes, once they were seen
    std::unique_ptr<RunWatcher> watcher;

    void add(const std::vector<StepRecord>& records);
    /// Takes back what a resume will do again.
    void cutAfter(qint64 step);
    /// The newest checkpoint at or before a step; none before the first.
    std::optional<qint64> checkpointAt(qint64 step) const;
    TimeLane lane() const;
};

}  // namespace maskscope
