#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/mailbox.h"
#include "core/ring.h"
#include "recipes/published_weights.h"
#include "snapshot/records.h"
#include "snapshot/session.h"
#include "training/training_request.h"

namespace maskscope {

/// What is computed on the training thread only while somebody wants it.
enum class Topic {
    Probes,   // pictures of the probe images between those that the run keeps
    Features  // FeatureSpread of the validation images
};

/// A training run on a thread of its own. The session's functions may be called from any thread, return at once and never
/// throw for what happens in training: that becomes the state Failed. What a session hands out never changes afterwards.
///
/// Commands wait in a queue that the training thread empties between two steps. Observing never changes a run: a watched one
/// equals an unwatched one bit for bit. What is computed for watchers alone is kept under a share of the training time
/// (SessionOptions::observingShare): when a look costs more, the steps between two looks double, and a notice says so; they
/// halve again when a look has become four times cheaper than that.
class TrainingSession {
public:
    struct Options {
        std::optional<std::int64_t> lastStep;  // none: the schedule's last step
        bool startPaused = false;
        double observingShare = 0.02;
    };

    /// Makes a new run, or a fork of one where the request names its origin.
    static std::unique_ptr<TrainingSession> start(std::filesystem::path folder, TrainingRequest request, Options options);
    /// Goes on with a run from its newest complete checkpoint.
    static std::unique_ptr<TrainingSession> resume(std::filesystem::path folder, Options options);
    static std::unique_ptr<TrainingSession> start(std::filesystem::path folder, TrainingRequest request);
    static std::unique_ptr<TrainingSession> resume(std::filesystem::path folder);

    /// Stops after the step under way, saves, and waits for the thread. A window that must not wait calls stop() first and lets
    /// go of the session when its state is over.
    ~TrainingSession();
    TrainingSession(const TrainingSession&) = delete;
    TrainingSession& operator=(const TrainingSession&) = delete;

    const std::filesystem::path& folder() const;
    /// A copy of the newest numbers; the state in it is the one that commands are judged by.
    SessionStatus status() const;

    // Commands. One that can no longer be carried out is ignored, but for set(). pause() while the run is prepared holds it before
    // its first step.
    void pause();
    void resumeTraining();
    /// One step while paused, then paused again.
    void step();
    /// Ends the run after the step under way, with a checkpoint.
    void stop();
    /// A checkpoint at the next step boundary; the run goes on as it was.
    void saveNow();
    /// Moves the step at which the session ends; the schedule stays as it is. A step that is already behind stops the run.
    void setLastStep(std::int64_t step);

    /// The settings that may change while the run goes on, with their present values. Empty while preparing.
    std::vector<LiveSetting> liveSettings() const;
    /// Changes a live setting from the next step on. The change and its step are kept in every later checkpoint, so that a resumed
    /// run goes on with it.
    /// @throws UsageError for a setting that cannot change in a running run, naming those that can and the way by a fork;
    ///         RecipeError for a value out of its range
    void set(const std::string& key, double value);

    // What the training thread has to say.
    /// Steps since the last call. Where some were lost, metrics.csv has them all.
    Ring<StepRecord>::Drained drainSteps();
    /// Notices since the last call, oldest first (at most the last 1,000).
    std::vector<std::string> drainNotices();
    const Mailbox<ValidationRecord>& validations() const;
    const Mailbox<ProbeRecord>& probes() const;  // those that the run keeps, and more while Topic::Probes is wanted
    const Mailbox<FeatureSpread>& featureSpreads() const;
    const Mailbox<WorkRecord>& work() const;  // data being read, reference lines being measured
    const Mailbox<TrainingSummary>& summary() const;

    /// Says whether a topic is wanted; nothing is computed for one that nobody wants. None is at first.
    void setWanted(Topic topic, bool wanted);

    /// Asks for the weights: a copy appears in weights() at the next step boundary, also while paused. After the session is over
    /// the newest checkpoint has them, and the request is ignored.
    void requestWeights();
    const Mailbox<PublishedWeights>& weights() const;

private:
    struct State;
    explicit TrainingSession(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace maskscope
