#pragma once

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "training/live_session.h"

namespace maskscope {

/// In this program the weights of a model are the step that they are of.
struct PublishedWeights {
    std::int64_t step;
};

namespace testing {

/// A session whose thread does nothing but talk, as fast as it can.
class FakeSession : public LiveSession {
public:
    explicit FakeSession(std::int64_t steps) : last_(steps), thread_([this](const std::stop_token& stop) { run(stop); }) {}
    ~FakeSession() override { stop(); }

    SessionStatus status() const override {
        const std::lock_guard lock(mutex_);
        return status_;
    }
    void pause() override { paused_ = true; }
    void resumeTraining() override { paused_ = false; }
    void step() override {}
    void stop() override { thread_.request_stop(); }
    void saveNow() override {}
    void setLastStep(std::int64_t step) override { last_ = step; }
    std::vector<LiveSetting> liveSettings() const override { return {}; }
    void set(const std::string&, double) override { throw std::logic_error("has no settings"); }
    Ring<StepRecord>::Drained drainSteps() override { return steps_.drain(); }
    std::vector<std::string> drainNotices() override {
        const std::lock_guard lock(mutex_);
        return std::exchange(notices_, {});
    }
    const Mailbox<ValidationRecord>& validations() const override { return validations_; }
    const Mailbox<ProbeRecord>& probes() const override { return probes_; }
    const Mailbox<FeatureSpread>& featureSpreads() const override { return spreads_; }
    const Mailbox<WorkRecord>& work() const override { return work_; }
    const Mailbox<TrainingSummary>& summary() const override { return summary_; }
    void setWanted(Topic topic, bool wanted) override { (topic == Topic::Probes ? probesWanted_ : spreadsWanted_) = wanted; }
    void requestWeights() override { weightsWanted_ = true; }
    const Mailbox<PublishedWeights>& weights() const override { return weights_; }

private:
    void run(const std::stop_token& stop) {
        tell(0, SessionState::Running);
        std::int64_t step = 0;
        while (!stop.stop_requested() && step < last_) {
            if (paused_) {
                tell(step, SessionState::Paused);
                std::this_thread::yield();
                continue;
            }
            talk(++step);
        }
        tell(step, step < last_ ? SessionState::Stopped : SessionState::Finished);
    }

    void talk(std::int64_t step) {
        StepRecord record{};
        record.step = step;
        steps_.push(record);
        if (probesWanted_) {
            auto probe = std::make_shared<ProbeRecord>();
            probe->step = step;
            probes_.put(std::move(probe));
        }
        if (spreadsWanted_) {
            auto spread = std::make_shared<FeatureSpread>();
            spread->step = step;
            spreads_.put(std::move(spread));
        }
        if (weightsWanted_.exchange(false)) weights_.put(std::make_shared<PublishedWeights>(PublishedWeights{step}));
        auto validation = std::make_shared<ValidationRecord>();
        validation->step = step;
        validations_.put(std::move(validation));
        tell(step, SessionState::Running);
    }

    void tell(std::int64_t step, SessionState state) {
        const std::lock_guard lock(mutex_);
        status_.step = step;
        status_.state = state;
        if (step % 100 == 0) notices_.push_back("step " + std::to_string(step));
    }

    std::atomic<std::int64_t> last_;
    std::atomic<bool> paused_ = false, probesWanted_ = false, spreadsWanted_ = false, weightsWanted_ = false;
    Ring<StepRecord> steps_{1 << 10};
    Mailbox<ValidationRecord> validations_;
    Mailbox<ProbeRecord> probes_;
    Mailbox<FeatureSpread> spreads_;
    Mailbox<WorkRecord> work_;
    Mailbox<TrainingSummary> summary_;
    Mailbox<PublishedWeights> weights_;
    mutable std::mutex mutex_;  // guards status and notices
    SessionStatus status_;
    std::vector<std::string> notices_;
    std::jthread thread_;  // last: it ends before the rest goes
};

}  // namespace testing
}  // namespace maskscope
