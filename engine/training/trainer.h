#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "recipes/method.h"
#include "recipes/published_weights.h"
#include "snapshot/session.h"
#include "training/batch_feed.h"
#include "training/checkpoint_store.h"
#include "training/live_settings.h"
#include "training/observer.h"
#include "training/pending_steps.h"
#include "training/run_description.h"
#include "training/run_directory.h"
#include "training/run_record.h"
#include "training/settings.h"
#include "training/step.h"
#include "training/train_data.h"
#include "training/validation.h"

namespace maskscope {

/// A training run: makes or opens its directory, trains, validates, keeps checkpoints, metrics and pictures. All of it happens
/// on the thread that calls; that thread owns the tensors.
class Trainer {
public:
    using Observers = std::vector<std::shared_ptr<TrainingObserver>>;

    /// Makes a new run; a fork, which goes on from another run's checkpoint, where the request names an origin. @throws RecipeError, DataError,
    /// FileError, UsageError, DeviceError; then no run is left behind
    static std::unique_ptr<Trainer> start(const std::filesystem::path& folder, const TrainingRequest& request, Observers observers,
                                          std::stop_token stop);

    /// Goes on with a run from its newest complete checkpoint; what was recorded beyond it is cut.
    /// @throws DataError if it is no run, TrainingError if another process writes it
    static std::unique_ptr<Trainer> resume(const std::filesystem::path& folder, Observers observers, std::stop_token stop);

    ~Trainer();
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Trains up to a step, the schedule's last one unless another is named, and saves a checkpoint there. A stop request ends
    /// it after the step under way, with a checkpoint.
    /// @throws TrainingError if the loss is not finite, FileError if the disk is full or read-only: checkpoints up to then stand
    TrainingSummary run(std::optional<std::int64_t> lastStep, std::stop_token stop);

    /// What run() does, piece by piece, for whoever acts between steps: begin; while hasNext: advance, and saveCheckpoint where
    /// isCheckpointDue; finish. @throws as run()
    void begin(std::optional<std::int64_t> lastStep, const std::stop_token& stop);
    bool hasNext() const { return step_ < last_; }
    /// One step with the validation and the pictures that are due after it. @return whether it was made, not stopped before
    bool advance(const std::stop_token& stop);
    bool isCheckpointDue() const { return isDue(settings_.checkpointEvery); }
    /// Does nothing where the newest checkpoint is of this step. @throws FileError; then nothing has changed
    void saveCheckpoint();
    TrainingSummary finish(const std::stop_token& stop);

    /// Moves the step at which training ends; the schedule stays as it is.
    void setLastStep(std::int64_t lastStep) { last_ = lastStep; }
    std::int64_t lastStep() const { return last_; }
    /// Changes a setting from the next step on; later checkpoints keep the change. @throws UsageError, RecipeError
    void setLive(const LiveChange& change);

    // What watchers may ask between steps; nothing of it changes the run.

    /// A copy on the CPU: the averaged weights where the run keeps them.
    std::shared_ptr<const PublishedWeights> copyWeights() const;
    /// The probe pictures as the model makes them now; the run does not keep these.
    ProbeRecord lookAtProbes();
    /// Of at most 64 validation samples.
    FeatureSpread lookAtFeatures();
    /// Since begin(); `observing` is left at 0.
    const TimeSplit& timeSplit() const { return split_; }

    /// Steps done.
    std::int64_t step() const { return step_; }
    c10::Device device() const { return device_; }
    /// How it computes, with the reason.
    std::string path() const { return training_.path(); }
    /// The resolved recipe, live changes laid over it.
    const Value& recipe() const { return recipe_; }
    const TrainSettings& settings() const { return settings_; }
    const Method& method() const { return *method_; }

private:
    struct Parts;  // what start and resume have in common
    Trainer(Parts parts, RunDirectory directory, Observers observers);
    /// @param runFolder  of a run that goes on; empty: a new run
    static Parts prepare(const TrainingRequest& request, const std::filesystem::path& runFolder, int threads, const Observers& observers,
                         std::stop_token stop);

    static Checkpoint loadOrigin(const RunOrigin& origin, Parts& parts);
    void restoreStates(const Checkpoint& checkpoint);
    void restore(const Checkpoint& checkpoint);
    void tellForecast() const;
    BatchFeed& feed();
    void settle();
    void deliver(std::vector<StepRecord> records, const std::stop_token& stop);
    void tellPieces() const;
    void tellGraph();
    TrainingError withAdvice(const TrainingError& error) const;
    void keep(const StepRecord& record, const std::optional<ValidationRecord>& validation);
    bool isDue(std::int64_t every) const { return step_ % every == 0 || step_ == last_; }
    std::int64_t firstStep() const { return description_.request.origin ? description_.request.origin->step : 0; }
    std::optional<ValidationRecord> validate(std::stop_token stop);
    void keepPictures();
    TrainingSummary summary() const;
    template <typename Call>
    void tell(Call call) const {
        for (const auto& observer : observers_) call(*observer);
    }

    RunDescription description_;
    TrainSettings settings_;
    c10::Device device_;
    TrainData data_;
    std::unique_ptr<Method> method_;
    TrainingStep training_;
    Validation validation_;
    Signals signals_;
    RunDirectory directory_;
    CheckpointStore checkpoints_;
    RunRecord record_;
    Observers observers_;
    Value recipe_;
    std::vector<LiveChange> changes_;
    std::shared_ptr<const MethodSpec> publishedSpec_;  // one object for all published weights
    std::unique_ptr<BatchFeed> feed_;
    PendingSteps pending_;
    TimeSplit split_;
    std::int64_t step_ = 0;
    std::int64_t last_ = 0;
    std::int64_t savedStep_ = -1;
    double seconds_ = 0.0;
    std::string toldGraph_;       // why steps are not recorded, once it was told
    double unreadSeconds_ = 0.0;  // of steps whose results are not read yet
    double loss_ = 0.0;
    std::optional<ValidationRecord> lastValidation_;
};

}  // namespace maskscope
