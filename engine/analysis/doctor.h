#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "snapshot/health.h"
#include "snapshot/records.h"
#include "snapshot/session.h"

namespace maskscope {

/// What a run has to show for itself, each rising by step. Everything but `steps` may be empty.
struct HealthInput {
    std::span<const StepRecord> steps;  // all of the run, or its last few thousand
    std::span<const ValidationRecord> validations;
    std::span<const FeatureSpread> spreads;     // the first is best of a network that has not learnt yet
    std::span<const std::int64_t> checkpoints;  // steps that can be gone back to
    std::int64_t stageBegin = 0;                // steps before the present stage, whose losses were of another kind
    std::int64_t scheduleSteps = 0;             // of the present stage, or of the run
    double warmupSteps = 0.0;
    std::string failure;  // what ended training; empty: it goes on or is done
};

/// Judges a run by its numbers alone; a pure function, any thread. What each finding rests on:
/// - Diverged: training failed or a loss is not finite; or the recent loss (median) is above twice the best recent loss so far
///   (loss spikes: Chowdhery et al., PaLM, JMLR 2023, Sec. 5.1, who go back to a checkpoint before them and skip data).
/// - Collapsing: the images' features are nearly alike, as Chen & He (SimSiam, CVPR 2021, Sec. 4.1) detect it, or span few
///   directions (Jing et al., Understanding Dimensional Collapse, ICLR 2022; effective rank of Roy & Vetterli 2007), and are less
///   spread than those of the untrained network: below kCollapsedShare of its deviation or rank, or below kCollapsedDeviation.
/// - Stalled: after kPatience of the schedule the hidden parts are predicted no better than by their mean colour, or by the best
///   answer that does not look at its sample (skill below kLeastSkill); where there is no such reference, the loss has not
///   fallen by kLeastFall since the first tenth.
/// - Notices: gradient norms above kSpikeFactor times their median (Pascanu et al., ICML 2013); held-out loss above its best by
///   kOverfitShare (it no longer generalises).
HealthRecord examineRun(const HealthInput& input);

// The thresholds; the bands in which the presets live were measured, see the decision log.
inline constexpr double kDivergedFactor = 2.0, kSpikeFactor = 10.0, kOverfitShare = 0.1;
inline constexpr double kCollapsedDeviation = 0.02, kCollapsedShare = 0.15;
inline constexpr double kPatience = 0.2, kLeastSkill = 0.02, kLeastFall = 0.01;

}  // namespace maskscope
