// What the thread of a session does.

#include <new>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "core/error.h"
#include "data/dataset.h"
#include "training/process_memory.h"
#include "training/session_state.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSpeedMemory = 0.05;         // weight of the newest step in the running mean of a step's time
constexpr double kMemoryPeriodSeconds = 0.5;  // between two looks at the process's memory

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

const char* topicName(Topic topic) { return topic == Topic::Probes ? "probe pictures" : "feature statistics"; }

}  // namespace

/// Takes what the trainer tells and puts it where views find it.
class TrainingSession::State::Reporter : public TrainingObserver {
public:
    explicit Reporter(State& state) : state_(state) {}

    void onNotice(const std::string& line) override { state_.notice(line); }
    void onWork(const WorkRecord& record) override { state_.work.put(std::make_shared<const WorkRecord>(record)); }
    void onStep(const StepRecord& record) override { state_.steps.push(record); }
    void onValidation(const ValidationRecord& record) override { state_.validations.put(std::make_shared<const ValidationRecord>(record)); }
    void onProbes(const ProbeRecord& record) override { state_.probes.put(std::make_shared<const ProbeRecord>(record)); }
    void onCheckpoint(std::int64_t step, const std::filesystem::path&) override {
        const std::lock_guard lock(state_.mutex);
        state_.status.savedStep = step;
    }

private:
    State& state_;
};

void TrainingSession::State::notice(const std::string& line) {
    const std::lock_guard lock(mutex);
    notices.push_back(line);
    if (notices.size() > kKeptNotices) notices.pop_front();
}

void TrainingSession::State::setState(SessionState state) {
    const std::lock_guard lock(mutex);
    status.state = state;
}

void TrainingSession::State::fail(const std::string& message) {
    const std::lock_guard lock(mutex);
    status.failure = message;
    status.state = SessionState::Failed;
}

void TrainingSession::State::run(const std::stop_token& stop) {
    try {
        std::unique_ptr<Trainer> trainer = makeTrainer({std::make_shared<Reporter>(*this)}, stop);
        const SessionState end = train(*trainer, stop);
        trainer.reset();  // gives the run back before anybody hears that it is over
        setState(end);
    } catch (const StoppedError& error) {  // while preparing: nothing was begun
        notice(error.what());
        setState(SessionState::Stopped);
    } catch (const std::bad_alloc&) {
        fail("out of memory; choose a smaller batch (train.batch) or model");
    } catch (const c10::Error& error) {
        fail(error.what_without_backtrace());
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

/// @return how it ended
SessionState TrainingSession::State::train(Trainer& trainer, const std::stop_token& stop) {
    trainer.begin(options.lastStep, stop);
    describe(trainer);
    try {
        while (trainer.hasNext() && !stop.stop_requested()) {
            const bool single = obey(trainer, stop);
            if (!trainer.hasNext() || stop.stop_requested()) break;
            const Clock::time_point start = Clock::now();
            if (!trainer.advance(stop)) break;
            if (trainer.isCheckpointDue()) save(trainer);
            const double seconds = secondsSince(start);
            for (WatchedTopic& watch : watches) watch.pace.stepped(seconds);
            weightsPace.stepped(seconds);
            observe(trainer, single);
            tellStep(trainer, secondsSince(start));
        }
        setState(SessionState::Saving);
        summary.put(std::make_shared<const TrainingSummary>(trainer.finish(stop)));
    } catch (...) {  // whoever waits for weights gets those from before the failure
        lastAnswers(trainer);
        throw;
    }
    lastAnswers(trainer);
    return summary.latest()->stopped ? SessionState::Stopped : SessionState::Finished;
}

bool TrainingSession::State::isPaused() {
    const std::lock_guard lock(mutex);
    return paused;
}

/// Carries out what was asked, and waits while paused. @return whether the step to come is a single one
bool TrainingSession::State::obey(Trainer& trainer, const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested() && trainer.hasNext()) {
        if (commands.any()) {
            SessionCommands todo = std::exchange(commands, {});
            lock.unlock();
            carryOut(trainer, std::move(todo));
            lock.lock();
        } else if (weightsRequested && (paused || weightsPace.isDue(trainer.step()))) {
            weightsRequested = false;
            lock.unlock();
            publish(trainer);
            lock.lock();
        } else if (!paused) {
            status.state = SessionState::Running;
            return false;
        } else if (singleSteps > 0) {
            --singleSteps;
            status.state = SessionState::Running;
            return true;
        } else {
            status.state = SessionState::Paused;
            wake.wait(lock, stop, [this] { return commands.any() || weightsRequested || !paused || singleSteps > 0; });
        }
    }
    return false;
}

void TrainingSession::State::carryOut(Trainer& trainer, SessionCommands todo) {
    for (LiveChange& change : todo.changes) {
        change.step = trainer.step();
        trainer.setLive(change);
    }
    if (todo.lastStep) {
        trainer.setLastStep(*todo.lastStep);
        const std::lock_guard lock(mutex);
        status.lastStep = trainer.lastStep();
    }
    if (todo.save) save(trainer);
    if (todo.look) observe(trainer, isPaused());  // while steps go by, the pace decides
}

void TrainingSession::State::save(Trainer& trainer) {
    const SessionState before = [this] {
        const std::lock_guard lock(mutex);
        return std::exchange(status.state, SessionState::Saving);
    }();
    try {
        trainer.saveCheckpoint();
        setState(before);
    } catch (const FileError& error) {  // a full disk can be emptied: nothing is lost while the trainer waits
        notice(fmt::format("paused: {}; training goes on when it is resumed", error.what()));
        const std::lock_guard lock(mutex);
        status.failure = error.what();
        status.state = before;
        paused = true;
    }
}

/// A copy of the weights for whoever asked, unless the newest copy is of this very step.
void TrainingSession::State::publish(Trainer& trainer) {
    if (const auto known = weights.latest(); known && known->step == trainer.step()) return;
    const Clock::time_point start = Clock::now();
    weights.put(trainer.copyWeights());
    const double seconds = secondsSince(start);
    observingSeconds += seconds;
    weightsPace.looked(trainer.step(), seconds);
}

void TrainingSession::State::lastAnswers(Trainer& trainer) {
    const bool asked = [this] {
        const std::lock_guard lock(mutex);
        return std::exchange(weightsRequested, false);
    }();
    if (asked) publish(trainer);
}

/// @param always  whatever it costs: somebody has just asked for a single step, or for the topic
void TrainingSession::State::observe(Trainer& trainer, bool always) {
    for (std::size_t i = 0; i < kTopics; ++i) {
        WatchedTopic& watch = watches[i];
        if (!watch.wanted || (!always && !watch.pace.isDue(trainer.step()))) continue;
        const auto topic = static_cast<Topic>(i);
        const Clock::time_point start = Clock::now();
        look(trainer, topic);
        const double seconds = secondsSince(start);
        observingSeconds += seconds;
        if (watch.pace.looked(trainer.step(), seconds) == ObservingPace::Change::Rarer)
            notice(fmt::format("To keep watching under {:.1f} % of the time, {} ({:.0f} ms) are now made every {} steps",
                               100.0 * options.observingShare, topicName(topic), 1e3 * seconds, watch.pace.interval()));
    }
}

/// Watching never ends a run: what cannot be shown is told once.
void TrainingSession::State::look(Trainer& trainer, Topic topic) {
    std::string failure;
    try {
        lookAt(trainer, topic);
    } catch (const c10::Error& error) {
        failure = error.what_without_backtrace();
    } catch (const std::exception& error) {
        failure = error.what();
    }
    WatchedTopic& watch = watches[static_cast<std::size_t>(topic)];
    if (failure != std::exchange(watch.failure, failure) && !failure.empty())
        notice(fmt::format("no {} of step {}: {}; training goes on", topicName(topic), trainer.step(), failure));
}

void TrainingSession::State::lookAt(Trainer& trainer, Topic topic) {
    switch (topic) {
        case Topic::Probes:
            if (const auto known = probes.latest(); known && known->step == trainer.step()) return;  // the run has just kept them
            return probes.put(std::make_shared<const ProbeRecord>(trainer.lookAtProbes()));
        case Topic::Features:
            return spreads.put(std::make_shared<const FeatureSpread>(trainer.lookAtFeatures()));
    }
}

void TrainingSession::State::describe(Trainer& trainer) {
    const std::lock_guard lock(mutex);
    recipe = trainer.recipe();
    status.parameters = trainer.method().parameterCount();
    status.device = trainer.device().str();
    status.path = trainer.path();
    status.step = trainer.step();
    status.lastStep = trainer.lastStep();
}

void TrainingSession::State::tellStep(Trainer& trainer, double seconds) {
    const bool looksAtMemory = secondsSince(memoryLooked) > kMemoryPeriodSeconds;
    const double resident = looksAtMemory ? residentBytes() : 0.0, onDevice = looksAtMemory ? deviceBytes(trainer.device()) : 0.0;
    if (looksAtMemory) memoryLooked = Clock::now();
    const std::lock_guard lock(mutex);
    status.step = trainer.step();
    status.split = trainer.timeSplit();
    status.split.observing = observingSeconds;
    status.secondsPerStep = status.secondsPerStep == 0.0 ? seconds : status.secondsPerStep + kSpeedMemory * (seconds - status.secondsPerStep);
    status.secondsLeft = status.secondsPerStep * static_cast<double>(status.lastStep - status.step);
    if (looksAtMemory) {
        status.residentBytes = resident;
        status.deviceBytes = onDevice;
    }
    status.observedEvery = 1;
    status.observedShare = 0.0;
    for (const WatchedTopic& watch : watches) {
        if (!watch.wanted) continue;
        status.observedEvery = std::max(status.observedEvery, watch.pace.interval());
        status.observedShare += watch.pace.shareTaken();
    }
}

}  // namespace maskscope
