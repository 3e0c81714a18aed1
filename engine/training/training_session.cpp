#include "training/training_session.h"

#include <fmt/format.h>

#include "core/error.h"
#include "training/session_state.h"

namespace maskscope {

TrainingSession::TrainingSession(std::unique_ptr<State> state) : state_(std::move(state)) {
    state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
}

TrainingSession::~TrainingSession() = default;

std::unique_ptr<TrainingSession> TrainingSession::start(std::filesystem::path folder, TrainingRequest request, Options options) {
    auto make = [folder, request = std::move(request)](Trainer::Observers observers, std::stop_token stop) {
        return Trainer::start(folder, request, std::move(observers), std::move(stop));
    };
    return std::unique_ptr<TrainingSession>(new TrainingSession(std::make_unique<State>(std::move(folder), options, std::move(make))));
}

std::unique_ptr<TrainingSession> TrainingSession::resume(std::filesystem::path folder, Options options) {
    auto make = [folder](Trainer::Observers observers, std::stop_token stop) {
        return Trainer::resume(folder, std::move(observers), std::move(stop));
    };
    return std::unique_ptr<TrainingSession>(new TrainingSession(std::make_unique<State>(std::move(folder), options, std::move(make))));
}

std::unique_ptr<TrainingSession> TrainingSession::start(std::filesystem::path folder, TrainingRequest request) {
    return start(std::move(folder), std::move(request), Options());
}

std::unique_ptr<TrainingSession> TrainingSession::resume(std::filesystem::path folder) { return resume(std::move(folder), Options()); }

const std::filesystem::path& TrainingSession::folder() const { return state_->folder; }

SessionStatus TrainingSession::status() const {
    const std::lock_guard lock(state_->mutex);
    return state_->status;
}

void TrainingSession::pause() {
    const std::lock_guard lock(state_->mutex);
    state_->paused = true;
    state_->singleSteps = 0;
}

void TrainingSession::resumeTraining() {
    const std::lock_guard lock(state_->mutex);
    state_->paused = false;
    if (!isOver(state_->status.state) && !std::exchange(state_->status.failure, {}).empty()) state_->commands.save = true;
    state_->wake.notify_all();
}

void TrainingSession::step() {
    const std::lock_guard lock(state_->mutex);
    if (state_->paused) ++state_->singleSteps;
    state_->wake.notify_all();
}

void TrainingSession::stop() { state_->thread.request_stop(); }

void TrainingSession::saveNow() {
    const std::lock_guard lock(state_->mutex);
    state_->commands.save = true;
    state_->wake.notify_all();
}

void TrainingSession::setLastStep(std::int64_t step) {
    const std::lock_guard lock(state_->mutex);
    state_->commands.lastStep = step;
    state_->wake.notify_all();
}

std::vector<LiveSetting> TrainingSession::liveSettings() const {
    const std::lock_guard lock(state_->mutex);
    if (state_->recipe.isNone()) return {};
    return liveSettingsOf(TrainSettings::read(state_->recipe));
}

void TrainingSession::set(const std::string& key, double value) {
    const std::lock_guard lock(state_->mutex);
    if (!canSet(state_->status.state))
        throw UsageError(fmt::format("{} cannot change now: the run is {}", key, isOver(state_->status.state) ? "over; fork it" : "being prepared"));
    LiveChange change{state_->status.step, key, value};
    applyLive(state_->recipe, change);
    state_->commands.changes.push_back(std::move(change));
    state_->wake.notify_all();
}

Ring<StepRecord>::Drained TrainingSession::drainSteps() { return state_->steps.drain(); }

std::vector<std::string> TrainingSession::drainNotices() {
    const std::lock_guard lock(state_->mutex);
    std::vector<std::string> lines(state_->notices.begin(), state_->notices.end());
    state_->notices.clear();
    return lines;
}

const Mailbox<ValidationRecord>& TrainingSession::validations() const { return state_->validations; }
const Mailbox<ProbeRecord>& TrainingSession::probes() const { return state_->probes; }
const Mailbox<FeatureSpread>& TrainingSession::featureSpreads() const { return state_->spreads; }
const Mailbox<WorkRecord>& TrainingSession::work() const { return state_->work; }
const Mailbox<TrainingSummary>& TrainingSession::summary() const { return state_->summary; }
const Mailbox<PublishedWeights>& TrainingSession::weights() const { return state_->weights; }

void TrainingSession::setWanted(Topic topic, bool wanted) {
    const bool was = state_->watches[static_cast<std::size_t>(topic)].wanted.exchange(wanted);
    if (!wanted || was) return;
    const std::lock_guard lock(state_->mutex);
    state_->commands.look = true;
    state_->wake.notify_all();
}

void TrainingSession::requestWeights() {
    const std::lock_guard lock(state_->mutex);
    state_->weightsRequested = true;
    state_->wake.notify_all();
}

}  // namespace maskscope
