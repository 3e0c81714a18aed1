#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recipes/published_weights.h"
#include "training/live_session.h"
#include "training/training_request.h"

namespace maskscope {

/// A training run on a thread of its own.
///
/// Commands wait in a queue that the training thread empties between two steps. Observing never changes a run: a watched one
/// equals an unwatched one bit for bit. What is computed for watchers alone is kept under a share of the training time
/// (Options::observingShare): when a look costs more, the steps between two looks double, and a notice says so; they
/// halve again when a look has become four times cheaper than that.
class TrainingSession : public LiveSession {
public:
    struct Options {
        std::optional<std::int64_t> lastStep;  // none: the schedule's last step
        bool startPaused = false;
        /// Of the training time, as the looks themselves take it. What follows a look (cold caches) costs up to half as much
        /// again, so that watching stays under 2 %.
        double observingShare = 0.012;
    };

    /// Makes a new run, or a fork of one where the request names its origin.
    static std::unique_ptr<TrainingSession> start(std::filesystem::path folder, TrainingRequest request, Options options);
    /// Goes on with a run from its newest complete checkpoint.
    static std::unique_ptr<TrainingSession> resume(std::filesystem::path folder, Options options);
    static std::unique_ptr<TrainingSession> start(std::filesystem::path folder, TrainingRequest request);
    static std::unique_ptr<TrainingSession> resume(std::filesystem::path folder);

    /// Stops after the step under way, saves, and waits for the thread. A window that must not wait calls stop() first and lets
    /// go of the session when its state is over.
    ~TrainingSession() override;

    const std::filesystem::path& folder() const;
    SessionStatus status() const override;
    void pause() override;
    void resumeTraining() override;
    void step() override;
    void stop() override;
    void saveNow() override;
    void setLastStep(std::int64_t step) override;
    std::vector<LiveSetting> liveSettings() const override;
    void set(const std::string& key, double value) override;
    Ring<StepRecord>::Drained drainSteps() override;
    std::vector<std::string> drainNotices() override;
    const Mailbox<ValidationRecord>& validations() const override;
    const Mailbox<ProbeRecord>& probes() const override;
    const Mailbox<FeatureSpread>& featureSpreads() const override;
    const Mailbox<WorkRecord>& work() const override;
    const Mailbox<TrainingSummary>& summary() const override;
    void setWanted(Topic topic, bool wanted) override;
    void requestWeights() override;
    const Mailbox<PublishedWeights>& weights() const override;

private:
    struct State;
    explicit TrainingSession(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace maskscope
