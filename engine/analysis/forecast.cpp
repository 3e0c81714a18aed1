#include "analysis/forecast.h"

#include <algorithm>
#include <chrono>

#include <torch/torch.h>

#include "data/domain.h"
#include "data/images/cache.h"
#include "data/images/image_dataset.h"
#include "data/loader.h"
#include "data/split.h"
#include "recipes/evaluation_scope.h"
#include "recipes/recipe.h"
#include "tensor/device.h"
#include "training/process_memory.h"
#include "training/retention.h"
#include "training/settings.h"
#include "training/step.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kTrialSteps = 5;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double bytesOf(const NamedTensors& tensors) {
    double bytes = 0.0;
    for (const auto& item : tensors) bytes += static_cast<double>(item.second.numel()) * static_cast<double>(item.second.element_size());
    return bytes;
}

/// A run's data, opened but not decoded, and the recipe that they complete.
struct TrialData {
    Value root;
    std::shared_ptr<const Dataset> dataset;
    std::shared_ptr<const ViewSource> views;
};

TrialData openData(const TrainingRequest& request, const std::stop_token& stop) {
    TrialData data{request.recipe.root, nullptr, nullptr};
    const MethodSpec spec = expandRecipe(data.root);
    const auto domain = makeDomain(spec.input, spec.viewRequests(TrainSettings::read(data.root).augment));
    data.dataset = domain->open(request.data, {.cacheMb = 0, .stop = stop});
    const std::vector<std::int64_t> samples = allSamples(*data.dataset);
    applySettings(data.root, domain->fit(*data.dataset, samples, stop));
    data.views = domain->trainingViews(data.dataset, samples);
    return data;
}

/// Steps on one batch, over and over: what is in it makes no difference to time and memory.
class Trial {
public:
    Trial(const TrialData& data, const TrainSettings& settings, std::uint64_t seed, c10::Device device)
        : settings_(settings), seed_(seed), method_(expandRecipe(data.root), Components(), seed, device), training_(method_, settings) {
        const Loader loader(data.views, {.seed = seed, .batch = settings.batch, .microBatch = settings.batch / settings.accumulate, .threads = 0});
        batch_ = loader.make(0).views;
        for (View& view : batch_) view = view.to(device);
        method_.train();
    }

    double stepSeconds(std::int64_t step) {
        const Clock::time_point start = Clock::now();
        std::vector<MicroBatch> microBatches;
        for (std::int64_t i = 0; i < settings_.accumulate; ++i)
            microBatches.push_back({batch_, method_.drawMasks(batch_, Signals(), trainingDraw(seed_, step, i * samples(), samples()))});
        training_.run(step, seed_, microBatches, Signals()).loss.item<double>();
        return secondsSince(start);
    }

    double validationSeconds() {
        const EvaluationScope evaluating(method_);
        const Clock::time_point start = Clock::now();
        const MaskPlan plan = method_.drawMasks(batch_, Signals(), trainingDraw(seed_, 0, 0, samples()));
        const MethodResult result = method_.run(batch_, plan, Signals());
        method_.predict(batch_.front(), plan, &result);
        result.loss.item<double>();
        const double looks = static_cast<double>(settings_.steps / settings_.validateEvery) + 1.0;
        return secondsSince(start) / static_cast<double>(samples()) * static_cast<double>(settings_.validationImages) * looks;
    }

    double checkpointBytes() const {
        return bytesOf(method_.namedState()) + bytesOf(training_.averagedState()) + bytesOf(training_.optimizerState());
    }

    std::int64_t samples() const { return batch_.front().batch(); }
    std::int64_t parameters() const { return method_.parameterCount(); }

private:
    TrainSettings settings_;
    std::uint64_t seed_;
    Method method_;
    TrainingStep training_;
    std::vector<View> batch_;
};

void requireGoOn(const std::stop_token& stop) {
    if (stop.stop_requested()) throw StoppedError("the forecast was stopped");
}

}  // namespace

Forecast forecastRun(const TrainingRequest& request, const std::stop_token& stop) {
    const TrialData data = openData(request, stop);
    const TrainSettings settings = TrainSettings::read(data.root);
    const c10::Device device = chooseDevice(request.device).device;
    setUpCompute(settings.threads);
    requireGoOn(stop);
    const bool measuresPeak = forgetPeakResident();
    Trial trial(data, settings, request.seed, device);
    Forecast forecast{.parameters = trial.parameters(), .steps = settings.steps, .trialSteps = kTrialSteps};
    trial.stepSeconds(0);
    std::vector<double> seconds;
    for (std::int64_t step = 1; step <= kTrialSteps; ++step) {
        requireGoOn(stop);
        seconds.push_back(trial.stepSeconds(step));
    }
    std::sort(seconds.begin(), seconds.end());
    forecast.stepSeconds = seconds[seconds.size() / 2];
    forecast.validationSeconds = trial.validationSeconds();
    forecast.totalSeconds = static_cast<double>(settings.steps) * forecast.stepSeconds + forecast.validationSeconds;
    if (measuresPeak) forecast.peakBytes = peakResidentBytes();
    if (const auto* images = dynamic_cast<const ImageDataset*>(data.dataset.get())) forecast.dataBytes = estimateDecodedBytes(*images);
    forecast.checkpointBytes = trial.checkpointBytes();
    forecast.diskBytes =
        forecastBytes(settings.steps, settings.checkpointEvery, forecast.checkpointBytes, {.recent = static_cast<int>(settings.keepRecent)});
    return forecast;
}

}  // namespace maskscope
