#include "analysis/watch_bench.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "analysis/inference_desk.h"
#include "core/error.h"
#include "core/files.h"
#include "data/domain.h"
#include "recipes/recipe.h"
#include "training/training_session.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPoll{2};
constexpr double kWeightsPeriod = 1.0, kWarmUpSeconds = 3.0;

/// Of all threads of the process.
double cpuSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What a step costs, mean over the steps of all segments. Looks are seconds apart, so that few segments hold one:
/// a median of segments would miss them.
double ratio(const std::vector<StepCost>& watched, const std::vector<StepCost>& alone, double StepCost::*cost) {
    const auto perStep = [cost](const std::vector<StepCost>& segments) {
        double steps = 0.0, sum = 0.0;
        for (const StepCost& segment : segments) {
            steps += static_cast<double>(segment.steps);
            sum += segment.*cost * static_cast<double>(segment.steps);
        }
        return sum / steps;
    };
    return watched.empty() || alone.empty() ? 1.0 : perStep(watched) / perStep(alone);
}

/// A folder that goes when the bench is over.
class TemporaryFolder {
public:
    TemporaryFolder() : path_(fs::temp_directory_path() / fmt::format("maskscope-watch-{}", ::getpid())) {}
    ~TemporaryFolder() {
        std::error_code code;
        fs::remove_all(path_, code);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

enum class Way { Alone, Watched, Asked };

/// A run that goes on while segments of it are timed.
class Watching {
public:
    Watching(const WatchBenchRequest& request, const fs::path& folder) : request_(request) {
        TrainingRequest training;
        training.recipe = loadRecipe(request.recipe, {request.scale, {"train.steps=100000000"}}, resourcesFolder() / "recipes");
        training.data = request.data;
        sample_ = makeDomain(expandRecipe(training.recipe.root).input)->open(request.data, {.cacheMb = 0});
        session_ = TrainingSession::start(folder, training);
    }

    void waitUntilItTrains(const std::stop_token& stop) {
        while (!stop.stop_requested() && session_->status().step < 3) {
            requireGoing();
            std::this_thread::sleep_for(kPoll);
        }
        segment(Way::Alone, kWarmUpSeconds, stop);
        segment(Way::Watched, kWarmUpSeconds, stop);
        segment(Way::Asked, kWarmUpSeconds, stop);
        result_.answerSeconds.clear();
        result_.answerWorkSeconds.clear();
        observing_ = whole_ = 0.0;
    }

    StepCost segment(Way way, double seconds, const std::stop_token& stop) {
        for (const Topic topic : {Topic::Probes, Topic::Features}) session_->setWanted(topic, way != Way::Alone);
        const std::int64_t first = nextStep();
        const TimeSplit before = session_->status().split;
        const double cpuBefore = cpuSeconds();
        const Clock::time_point start = Clock::now();
        Clock::time_point asked = start, weighed = start;
        while (secondsSince(start) < seconds && !stop.stop_requested()) {
            requireGoing();
            if (way != Way::Alone) {
                session_->drainSteps();
                session_->probes().latest();
            }
            if (way == Way::Watched && secondsSince(weighed) > kWeightsPeriod) {
                weighed = Clock::now();
                session_->requestWeights();
            }
            if (way == Way::Asked && secondsSince(asked) > request_.questionPeriod) {
                asked = Clock::now();
                askOnce(stop);
            }
            std::this_thread::sleep_for(kPoll);
        }
        const std::int64_t steps = std::max<std::int64_t>(1, nextStep() - first);
        const TimeSplit after = session_->status().split;
        if (way == Way::Watched) {
            observing_ += after.observing - before.observing;
            whole_ += after.total() - before.total();
        }
        const auto count = static_cast<double>(steps);
        return {steps, secondsSince(start) / count, (cpuSeconds() - cpuBefore) / count};
    }

    WatchBench take() {
        result_.observedEvery = session_->status().observedEvery;
        result_.observingShare = whole_ > 0.0 ? observing_ / whole_ : 0.0;
        return std::move(result_);
    }

    WatchBench& result() { return result_; }

private:
    void requireGoing() const {
        const SessionStatus status = session_->status();
        if (isOver(status.state)) throw TrainingError(fmt::format("the run that the bench watches has ended: {}", status.failure));
    }

    /// Waits for a step to end. @return steps done then
    std::int64_t nextStep() const {
        const std::int64_t now = session_->status().step;
        while (session_->status().step == now) {
            requireGoing();
            std::this_thread::yield();
        }
        return session_->status().step;
    }

    /// An answer from the newest weights at hand, as a stroke of a brush asks for one; newer ones are asked for meanwhile.
    void askOnce(const std::stop_token& stop) {
        session_->requestWeights();
        while (session_->weights().latest() == nullptr && !stop.stop_requested()) {
            requireGoing();
            std::this_thread::sleep_for(kPoll);
        }
        const std::uint64_t generation =
            desk_.ask(ReconstructionQuestion{session_->weights().latest(), DataSample{sample_, 0}, DrawnMask{{}, seed_++}});
        while (!stop.stop_requested()) {
            const auto answer = desk_.reconstructions().latest();
            if (answer && answer->generation == generation) {
                if (!answer->problem.empty()) throw TrainingError(answer->problem);
                result_.answerSeconds.push_back(answer->seconds);
                result_.answerWorkSeconds.push_back(answer->workSeconds);
                return;
            }
            std::this_thread::sleep_for(kPoll);
        }
    }

    const WatchBenchRequest& request_;
    std::shared_ptr<const Dataset> sample_;
    std::unique_ptr<TrainingSession> session_;
    InferenceDesk desk_;
    std::uint64_t seed_ = 0;
    double observing_ = 0.0, whole_ = 0.0;  // seconds of the watched segments
    WatchBench result_;
};

}  // namespace

WatchBench runWatchBench(const WatchBenchRequest& request, const std::stop_token& stop) {
    const TemporaryFolder folder;
    Watching watching(request, folder.path());
    watching.waitUntilItTrains(stop);
    WatchBench& measured = watching.result();
    std::array<std::pair<Way, std::vector<StepCost>*>, 3> ways{
        {{Way::Alone, &measured.alone}, {Way::Watched, &measured.watched}, {Way::Asked, &measured.asked}}};
    for (std::int64_t i = 0; i < request.segments && !stop.stop_requested(); ++i, std::reverse(ways.begin(), ways.end()))
        for (const auto& [way, costs] : ways) costs->push_back(watching.segment(way, request.segmentSeconds, stop));
    WatchBench result = watching.take();
    result.cost = ratio(result.watched, result.alone, &StepCost::seconds) - 1.0;
    result.cpuCost = ratio(result.watched, result.alone, &StepCost::cpuSeconds) - 1.0;
    return result;
}

}  // namespace maskscope
