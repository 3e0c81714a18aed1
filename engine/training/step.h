#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "recipes/method.h"
#include "training/core_passes.h"
#include "training/ema.h"
#include "training/optimizer.h"
#include "training/settings.h"

namespace maskscope {

/// What one forward pass works on.
struct MicroBatch {
    std::vector<View> views;
    MaskPlan plan;
};

/// What one step came to; tensors stay on the device.
struct StepResult {
    at::Tensor loss;          // scalar, mean over micro-batches
    at::Tensor gradientNorm;  // scalar, before clipping
};

/// Carries out the updates of a method: forward, backward, clip, optimiser, moving averages. One thread.
class TrainingStep {
public:
    TrainingStep(Method& method, const TrainSettings& settings);

    /// One step from `step` steps done.
    /// @param seed     of the noise that layers draw
    /// @param signals  read by losses; what they remember is written into it
    /// @throws TrainingError if the loss or a gradient is not finite, naming where it began: parameters are then as before
    StepResult run(std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals);

    /// Every stage has a schedule of its own, as long as the stage.
    double learningRate(std::int64_t step) const;
    /// Number of the stage that a step belongs to; 0 where a recipe has none.
    std::size_t stageOf(std::int64_t step) const;
    /// The step after each stage; one where a recipe has no stages.
    const std::vector<std::int64_t>& stageEnds() const { return stageEnds_; }

    /// Seconds that the last step took: passes, with the wait for a GPU where the loss is read; then clipping, update, averages.
    struct Times {
        double compute = 0.0, optimizer = 0.0;
    };
    const Times& lastTimes() const { return times_; }

    /// How the first update computes: "fast path (...)" or "general path (...)" with the reason.
    std::string path() const;
    /// Samples whose values a pass keeps at a time. @param rows  of a micro-batch @param tokens  of a sample, all its masks together
    std::int64_t samplesAtOnce(std::int64_t rows, std::int64_t tokens) const;

    /// Takes over learning rate, weight decay and clipping from the next step on.
    void changeSettings(const TrainSettings& settings);

    NamedTensors optimizerState() const;
    /// @throws DataError if names or shapes differ
    void restoreOptimizer(const NamedTensors& saved);
    /// Averaged weights; empty where none are kept.
    NamedTensors averagedState() const;
    void restoreAveraged(const NamedTensors& saved);

    /// Puts the averaged weights into the method for a scope, if any are kept: they answer, not the newest.
    class AveragedScope {
    public:
        explicit AveragedScope(const TrainingStep& step);
        ~AveragedScope();
        AveragedScope(const AveragedScope&) = delete;
        AveragedScope& operator=(const AveragedScope&) = delete;

    private:
        NamedTensors weights_, newest_;
    };

private:
    struct Update {
        UpdateSpec spec;
        AdamW optimizer;
        std::vector<at::Tensor> still;  // parameters that other updates move: gradients pass through them, none are gathered
        std::vector<at::Tensor> moved;
        std::string obstacle;  // to computing it by cores; empty: none
    };
    struct Passed {
        at::Tensor loss;  // scalar
        NamedTensors remembered;
    };
    void addUpdate(const UpdateSpec& spec);
    bool isDue(const UpdateSpec& update, std::int64_t step) const;
    StepResult runUpdate(Update& update, std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals);
    Passed passWhole(const Update& update, const RandomStream& noise, const std::vector<MicroBatch>& microBatches, const Signals& signals);
    TrainingError notFinite(std::int64_t step, double loss, double gradientNorm, const std::vector<MicroBatch>& microBatches,
                            const Signals& signals) const;
    void followNetworks(std::int64_t step);

    struct Teacher {
        Ema average;
        EmaMomentum momentum;
    };

    Method& method_;
    TrainSettings settings_;
    std::vector<std::int64_t> stageEnds_;  // steps; one where a recipe has no stages
    std::vector<Update> updates_;
    std::vector<Teacher> teachers_;
    std::optional<Ema> averaged_;
    std::unique_ptr<CorePasses> cores_;  // null: not on a CPU, or not wanted
    Times times_;
};

/// Streams for the masks of a step: one a sample slot of the batch.
/// @param progress  share of the schedule that is done, 0..1
MaskDraw trainingDraw(std::uint64_t seed, std::int64_t step, std::int64_t firstSlot, std::int64_t count, double progress = 0.0);

}  // namespace maskscope
