#pragma once

#include <QDateTime>
#include <QString>
#include <QStringList>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "app/gui/bridge/run_watcher.h"
#include "snapshot/checkup.h"
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
    QDateTime started;  // invalid while it is being made
    std::deque<StepRecord> steps;
    std::vector<ValidationRecord> validations;
    std::vector<FeatureSpread> spreads;
    std::shared_ptr<const HealthRecord> health;
    std::optional<CheckupRecord> checkup;  // the newest one
    qint64 checkedStep = -1;               // the newest checkpoint that was examined, whatever came of it
    bool isUnreadable = false;             // its folder has gone or is damaged: `failure` says what
    QStringList knownProblems;             // of broken checkpoints
    std::unique_ptr<RunWatcher> watcher;

    void add(const std::vector<StepRecord>& records);
    /// Takes back what a resume will do again.
    void cutAfter(qint64 step);
    /// The newest checkpoint at or before a step; none before the first.
    std::optional<qint64> checkpointAt(qint64 step) const;
    /// Mean over its last steps; 0: not known.
    double secondsPerStep() const;
    TimeLane lane() const;
};

}  // namespace maskscope
