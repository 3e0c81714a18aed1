#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/mailbox.h"
#include "core/ring.h"
#include "snapshot/records.h"
#include "snapshot/session.h"

namespace maskscope {

struct PublishedWeights;
struct TrainingSummary;

/// What is computed on the training thread only while somebody wants it.
enum class Topic {
    Probes,   // pictures of the probe images between those that the run keeps
    Features  // FeatureSpread of the validation images
};

/// A run while it trains, as those who watch and steer it see it. The functions may be called from any thread, return at once and
/// never throw for what happens in training: that becomes the state Failed. What is handed out never changes afterwards.
class LiveSession {
public:
    LiveSession() = default;
    virtual ~LiveSession() = default;
    LiveSession(const LiveSession&) = delete;
    LiveSession& operator=(const LiveSession&) = delete;

    /// A copy of the newest numbers; the state in it is the one that commands are judged by.
    virtual SessionStatus status() const = 0;

    // Commands. One that can no longer be carried out is ignored, but for set(). pause() while the run is prepared holds it before
    // its first step.
    virtual void pause() = 0;
    virtual void resumeTraining() = 0;
    /// One step while paused, then paused again.
    virtual void step() = 0;
    /// Ends the run after the step under way, with a checkpoint.
    virtual void stop() = 0;
    /// A checkpoint at the next step boundary; the run goes on as it was.
    virtual void saveNow() = 0;
    /// Moves the step at which the session ends; the schedule stays as it is. A step that is already behind stops the run.
    virtual void setLastStep(std::int64_t step) = 0;

    /// The settings that may change while the run goes on, with their present values. Empty while preparing.
    virtual std::vector<LiveSetting> liveSettings() const = 0;
    /// Changes a live setting from the next step on. The change and its step are kept in every later checkpoint, so that a resumed
    /// run goes on with it.
    /// @throws UsageError for a setting that cannot change in a running run, naming those that can and the way by a fork;
    ///         RecipeError for a value out of its range
    virtual void set(const std::string& key, double value) = 0;

    // What the training thread has to say.
    /// Steps since the last call. Where some were lost, metrics.csv has them all.
    virtual Ring<StepRecord>::Drained drainSteps() = 0;
    /// Notices since the last call, oldest first (at most the last 1,000).
    virtual std::vector<std::string> drainNotices() = 0;
    virtual const Mailbox<ValidationRecord>& validations() const = 0;
    virtual const Mailbox<ProbeRecord>& probes() const = 0;  // those that the run keeps, and more while Topic::Probes is wanted
    virtual const Mailbox<FeatureSpread>& featureSpreads() const = 0;
    virtual const Mailbox<WorkRecord>& work() const = 0;  // data being read, reference lines being measured
    virtual const Mailbox<TrainingSummary>& summary() const = 0;

    /// Says whether a topic is wanted; nothing is computed for one that nobody wants. None is at first.
    virtual void setWanted(Topic topic, bool wanted) = 0;

    /// Asks for the weights: a copy appears in weights() at the next step boundary, also while paused. After the session is over
    /// the newest checkpoint has them, and the request is ignored.
    virtual void requestWeights() = 0;
    virtual const Mailbox<PublishedWeights>& weights() const = 0;
};

}  // namespace maskscope
