#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "core/value.h"
#include "training/live_settings.h"
#include "training/observing_pace.h"
#include "training/trainer.h"
#include "training/training_session.h"

namespace maskscope {

/// What somebody wants of the training thread at the next step boundary.
struct SessionCommands {
    bool save = false, look = false;
    std::optional<std::int64_t> lastStep;
    std::vector<LiveChange> changes;

    bool any() const { return save || look || lastStep || !changes.empty(); }
};

/// A topic that somebody may want.
struct WatchedTopic {
    ObservingPace pace;
    std::atomic<bool> wanted = false;
    std::string failure;  // why the last look came to nothing; training thread
};

/// Both sides of a session: what its thread does, and what the two sides share.
struct TrainingSession::State {
    static constexpr std::size_t kKeptSteps = 1 << 15, kKeptNotices = 1000, kTopics = 2;
    static constexpr double kWeightsShare = 0.25;  // of the observing budget, for copies of the weights; the topics share the rest

    using MakeTrainer = std::function<std::unique_ptr<Trainer>(Trainer::Observers, std::stop_token)>;
    class Reporter;

    State(std::filesystem::path place, Options chosen, MakeTrainer make)
        : folder(std::move(place)), options(chosen), makeTrainer(std::move(make)), paused(chosen.startPaused) {}

    // On the training thread.
    void run(const std::stop_token& stop);
    SessionState train(Trainer& trainer, const std::stop_token& stop);
    bool obey(Trainer& trainer, const std::stop_token& stop);
    void carryOut(Trainer& trainer, SessionCommands todo);
    void save(Trainer& trainer);
    void publish(Trainer& trainer);
    void observe(Trainer& trainer, bool always);
    void look(Trainer& trainer, Topic topic);
    void lookAt(Trainer& trainer, Topic topic);
    void lastAnswers(Trainer& trainer);
    bool isPaused();
    void fail(const std::string& message);
    void setState(SessionState state);
    void describe(Trainer& trainer);
    void tellStep(Trainer& trainer, double seconds);
    void notice(const std::string& line);

    const std::filesystem::path folder;
    const Options options;
    MakeTrainer makeTrainer;

    Ring<StepRecord> steps{kKeptSteps};
    Mailbox<ValidationRecord> validations;
    Mailbox<ProbeRecord> probes;
    Mailbox<FeatureSpread> spreads;
    Mailbox<WorkRecord> work;
    Mailbox<TrainingSummary> summary;
    Mailbox<PublishedWeights> weights;
    std::array<WatchedTopic, kTopics> watches{WatchedTopic{ObservingPace(options.observingShare * (1 - kWeightsShare) / 2)},
                                              WatchedTopic{ObservingPace(options.observingShare * (1 - kWeightsShare) / 2)}};
    ObservingPace weightsPace{options.observingShare * kWeightsShare};
    double observingSeconds = 0.0;                         // training thread
    std::chrono::steady_clock::time_point memoryLooked{};  // training thread

    std::mutex mutex;  // guards all below
    std::condition_variable_any wake;
    SessionStatus status;
    bool paused;
    std::int64_t singleSteps = 0;
    SessionCommands commands;
    bool weightsRequested = false;
    Value recipe;  // as it stands after live changes; none while preparing
    std::deque<std::string> notices;

    std::jthread thread;  // last: it ends before the rest goes
};

}  // namespace maskscope
