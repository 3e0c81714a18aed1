#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "data/loader.h"
#include "recipes/method.h"
#include "training/checkpoint_store.h"
#include "training/observer.h"
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

    /// Makes a new run. @throws RecipeError, DataError, FileError, UsageError, DeviceError; then no run is left behind
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

    /// Steps done.
    std::int64_t step() const { return step_; }
    const TrainSettings& settings() const { return settings_; }
    const Method& method() const { return method_; }

private:
    struct Parts;  // what start and resume have in common
    Trainer(Parts parts, RunDirectory directory, Observers observers);
    static Parts prepare(const TrainingRequest& request, int threads, const Observers& observers, std::stop_token stop);

    void restore(const Checkpoint& checkpoint);
    void saveCheckpoint();
    void tellForecast() const;
    Loader makeLoader() const;
    void trainOneStep(Loader& loader, std::int64_t last, std::stop_token stop);
    bool isDue(std::int64_t every, std::int64_t last) const { return step_ % every == 0 || step_ == last; }
    std::optional<ValidationRecord> validate(std::stop_token stop);
    void keepPictures();
    TrainingSummary summary(std::int64_t last) const;
    template <typename Call>
    void tell(Call call) const {
        for (const auto& observer : observers_) call(*observer);
    }

    RunDescription description_;
    TrainSettings settings_;
    c10::Device device_;
    TrainData data_;
    Method method_;
    TrainingStep training_;
    Validation validation_;
    Signals signals_;
    RunDirectory directory_;
    CheckpointStore checkpoints_;
    RunRecord record_;
    Observers observers_;
    std::int64_t step_ = 0;
    std::int64_t savedStep_ = -1;
    double seconds_ = 0.0;
    double loss_ = 0.0;
    std::optional<ValidationRecord> lastValidation_;
};

}  // namespace maskscope
