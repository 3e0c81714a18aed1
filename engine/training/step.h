#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "recipes/method.h"
#include "training/ema.h"
#include "training/gradient_passes.h"
#include "training/micro_batch.h"
#include "training/optimizer.h"
#include "training/settings.h"
#include "training/step_graph.h"

namespace maskscope {

/// Carries out the updates of a method: forward, backward, clip, optimiser, moving averages. One thread.
class TrainingStep {
public:
    TrainingStep(Method& method, const TrainSettings& settings);

    /// One step from `step` steps done.
    /// @param seed     of the noise that layers draw
    /// @param signals  read by losses; what they remember is written into it
    /// @throws TrainingError if the loss or a gradient is not finite, naming where it began: parameters are then as before. Where results are read
    /// later nobody looks: this step and all that follow leave the parameters as they are, until whoever reads the numbers throws notFinite()
    StepResult run(std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals);

    /// What stopped being finite in a step that has been made, and where, for a person to read.
    TrainingError notFinite(std::int64_t step, double loss, double gradientNorm, const std::vector<MicroBatch>& microBatches,
                            const Signals& signals) const;

    /// Every stage has a schedule of its own, as long as the stage.
    double learningRate(std::int64_t step) const;
    /// Number of the stage that a step belongs to; 0 where a recipe has none.
    std::size_t stageOf(std::int64_t step) const;
    /// The step after each stage; one where a recipe has no stages.
    const std::vector<std::int64_t>& stageEnds() const { return stageEnds_; }

    /// Seconds of the host that the last step took: passes; then clipping, update, averages.
    struct Times {
        double compute = 0.0, optimizer = 0.0;
    };
    const Times& lastTimes() const { return times_; }

    /// How the first update computes: "fast path (...)" or "general path (...)" with the reason.
    std::string path() const;
    /// Why steps are not recorded for replaying on a GPU; empty: they are, or nobody asked for it.
    std::string graphObstacle() const { return graph_ ? graph_->obstacle() : std::string(); }
    /// Pieces that each micro-batch is cut into since the device's memory did not suffice; 1: it did.
    std::int64_t pieces() const { return passes_->pieces(); }
    /// Samples whose values a pass keeps at a time. @param rows  of a micro-batch @param tokens  of a sample, all its masks together
    std::int64_t samplesAtOnce(std::int64_t rows, std::int64_t tokens) const { return passes_->samplesAtOnce(rows, tokens); }

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
    };
    void addUpdate(const UpdateSpec& spec);
    bool isDue(const UpdateSpec& update, std::int64_t step) const;
    StepResult runUpdate(Update& update, std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals);
    void planGraph(c10::Device device);
    void setRates(std::int64_t step);
    StepResult runUpdates(std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals);
    void keepFromGraph(const GradientPasses::Passed& passed, bool isCut);
    void requireFinite(std::int64_t step, const StepResult& result, const std::vector<MicroBatch>& microBatches, const Signals& signals) const;
    void haltUnlessFinite(const StepResult& result);
    void remember(const NamedTensors& remembered, std::int64_t step, Signals& signals) const;
    void followNetworks(std::int64_t step);

    struct Teacher {
        Ema average;
        EmaMomentum momentum;
    };
    double momentumOf(const Teacher& teacher, std::int64_t step) const;

    Method& method_;
    TrainSettings settings_;
    std::vector<std::int64_t> stageEnds_;  // steps; one where a recipe has no stages
    std::vector<Update> updates_;
    std::vector<Teacher> teachers_;
    std::optional<Ema> averaged_;
    std::unique_ptr<GradientPasses> passes_;
    bool readsLater_ = false;           // so that no step waits for a GPU
    at::Tensor halted_;                 // [] float32, 1 once a step was not finite; undefined: results are read at once
    std::unique_ptr<StepGraph> graph_;  // null: steps are not recorded
    at::Tensor lrOnDevice_;             // [] float32; undefined: a number of the host will do
    std::vector<at::Tensor> shares_;    // [] float32 each: what teachers, then averaged weights, take over; empty: as above
    Times times_;
};

/// Streams for the masks of a step: one a sample slot of the batch.
/// @param progress  share of the schedule that is done, 0..1
MaskDraw trainingDraw(std::uint64_t seed, std::int64_t step, std::int64_t firstSlot, std::int64_t count, double progress = 0.0);

}  // namespace maskscope
