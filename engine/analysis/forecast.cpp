#include "analysis/forecast.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <torch/torch.h>

#include "data/dataset.h"
#include "data/domain.h"
#include "data/images/cache.h"
#include "data/images/image_dataset.h"
#include "data/loader.h"
#include "data/split.h"
#include "recipes/evaluation_scope.h"
#include "recipes/recipe.h"
#include "tensor/device.h"
#include "tensor/device_memory.h"
#include "training/process_memory.h"
#include "training/retention.h"
#include "training/settings.h"
#include "training/step.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kTrialSteps = 5;
constexpr std::int64_t kFewSamples = 4, kMoreSamples = 8, kQuickSteps = 2;  // of a quick estimate
constexpr double kQuickSeconds = 1.0;                                       // steps on whole batches may take that long in it
constexpr double kStateBytes = 16.0;                                        // a parameter in float32, its gradient, and two moments

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
    /// @param batch  samples of one pass
    Trial(const TrialData& data, const TrainSettings& settings, std::int64_t batch, std::uint64_t seed, c10::Device device)
        : settings_(settings), seed_(seed), method_(expandRecipe(data.root), Components(), seed, device), training_(method_, settings) {
        const Loader loader(data.views, {.seed = seed, .batch = batch, .microBatch = batch, .threads = 0});
        batch_ = loader.make(0).views;
        for (View& view : batch_) view = view.to(device);
        method_.train();
    }

    /// @param samples  of the batch, from the first on
    double stepSeconds(std::int64_t step, std::int64_t samples) {
        std::vector<View> views;
        std::vector<std::int64_t> rows(static_cast<std::size_t>(samples));
        std::iota(rows.begin(), rows.end(), std::int64_t{0});
        for (const View& view : batch_) views.push_back(view.rows(rows));
        const Clock::time_point start = Clock::now();
        std::vector<MicroBatch> microBatches;
        for (std::int64_t i = 0; i < settings_.accumulate; ++i)
            microBatches.push_back(
                {views, method_.drawMasks(views, method_.lookAhead(views, signals_), trainingDraw(seed_, step, i * samples, samples))});
        training_.run(step, seed_, microBatches, signals_).loss.item<double>();
        return secondsSince(start);
    }

    double validationSeconds() {
        const EvaluationScope evaluating(method_);
        const Clock::time_point start = Clock::now();
        const MaskPlan plan = method_.drawMasks(batch_, method_.lookAhead(batch_, signals_), trainingDraw(seed_, 0, 0, samples()));
        const MethodResult result = method_.run(batch_, plan, Signals());
        if (method_.predictsPixels()) method_.predict(batch_.front(), plan, &result);
        result.loss.item<double>();
        return secondsSince(start) / static_cast<double>(samples()) * static_cast<double>(settings_.validationImages) *
               looks(settings_.validateEvery);
    }

    /// Of the pictures of probe samples.
    double pictureSeconds() {
        const EvaluationScope evaluating(method_);
        const Clock::time_point start = Clock::now();
        std::vector<View> views;
        for (const View& view : batch_) views.push_back(view.rows({0}));
        const MaskPlan plan = method_.drawMasks(views, method_.lookAhead(views, signals_), trainingDraw(seed_, 0, 0, 1));
        method_.predict(views.front(), plan.firstCopies());
        return secondsSince(start) * static_cast<double>(settings_.probeImages) * looks(settings_.snapshotEvery);
    }

    /// The first step of each stage that has steps, and its share of all.
    std::vector<std::pair<std::int64_t, double>> stages() const {
        std::vector<std::pair<std::int64_t, double>> stages;
        std::int64_t begin = 0;
        for (const std::int64_t end : training_.stageEnds()) {
            if (end > begin) stages.emplace_back(begin, static_cast<double>(end - begin) / static_cast<double>(settings_.steps));
            begin = end;
        }
        return stages;
    }

    double checkpointBytes() const {
        return bytesOf(method_.namedState()) + bytesOf(training_.averagedState()) + bytesOf(training_.optimizerState());
    }
    /// Parameters, their gradients, and two moments of each.
    double stateBytes() const { return kStateBytes * static_cast<double>(parameters()) + bytesOf(training_.averagedState()); }

    std::int64_t samples() const { return batch_.front().batch(); }
    /// Samples of a batch whose values a step keeps at a time.
    std::int64_t samplesAtOnce(std::int64_t rows) const {
        return training_.samplesAtOnce(rows, method_.spec().maskCopies * batch_.front().geometry.tokens());
    }
    std::int64_t parameters() const { return method_.parameterCount(); }

private:
    double looks(std::int64_t every) const { return static_cast<double>(settings_.steps / every) + 1.0; }

    TrainSettings settings_;
    std::uint64_t seed_;
    Method method_;
    TrainingStep training_;
    std::vector<View> batch_;
    Signals signals_;
};

void requireGoOn(const std::stop_token& stop) {
    if (stop.stop_requested()) throw StoppedError("the forecast was stopped");
}

/// The memory that a run's tensors take: the machine's, or that of its GPU. In bytes.
struct Memory {
    c10::Device device;

    double held() const {
        const auto gpu = memoryOf(device);
        return gpu ? static_cast<double>(gpu->held) : residentBytes();
    }
    /// With what the process holds already.
    double available() const {
        const auto gpu = memoryOf(device);
        return held() + (gpu ? static_cast<double>(gpu->free) : availableMemory());
    }
    /// @return whether the peak from now on can be told
    bool forgetPeak() const {
        forgetPeakMemory(device);
        return !device.is_cpu() || forgetPeakResident();
    }
    double peak() const {
        const auto gpu = memoryOf(device);
        return gpu ? static_cast<double>(gpu->peak) : peakResidentBytes();
    }
};

/// What is known of a run before any step.
struct Prepared {
    TrialData data;
    TrainSettings settings;
    c10::Device device;

    std::int64_t batch() const { return settings.batch / settings.accumulate; }
    Memory memory() const { return {device}; }
};

Prepared prepare(const TrainingRequest& request, const std::stop_token& stop) {
    TrialData data = openData(request, stop);
    const TrainSettings settings = TrainSettings::read(data.root);
    const c10::Device device = chooseDevice(request.device).device;
    requireGoOn(stop);
    setUpCompute(settings.threads);
    return {std::move(data), settings, device};
}

double diskBytes(const Prepared& prepared, double checkpointBytes) {
    return forecastBytes(prepared.settings.steps, prepared.settings.checkpointEvery, checkpointBytes,
                         {.recent = static_cast<int>(prepared.settings.keepRecent)});
}

Forecast forecastOf(const Prepared& prepared, const Trial& trial) {
    Forecast forecast{.parameters = trial.parameters(), .steps = prepared.settings.steps, .batch = prepared.batch()};
    forecast.availableBytes = prepared.memory().available();
    if (const auto* images = dynamic_cast<const ImageDataset*>(prepared.data.dataset.get())) forecast.dataBytes = estimateDecodedBytes(*images);
    forecast.checkpointBytes = trial.checkpointBytes();
    forecast.diskBytes = diskBytes(prepared, forecast.checkpointBytes);
    return forecast;
}

/// What a trial measured of one size of batch.
struct Measured {
    std::int64_t samples = 0;
    double seconds = 0.0;    // median, the mean over stages
    double peakBytes = 0.0;  // 0: unknown
};

Measured measure(Trial& trial, const Memory& memory, std::int64_t samples, std::int64_t steps, const std::stop_token& stop) {
    requireGoOn(stop);
    const bool measuresPeak = memory.forgetPeak();
    double mean = 0.0;
    for (const auto& [first, share] : trial.stages()) {
        trial.stepSeconds(first, samples);
        std::vector<double> seconds;
        for (std::int64_t i = 0; i < steps; ++i) {
            requireGoOn(stop);
            seconds.push_back(trial.stepSeconds(first, samples));
        }
        std::sort(seconds.begin(), seconds.end());
        mean += share * seconds[seconds.size() / 2];
    }
    return {samples, mean, measuresPeak ? memory.peak() : 0.0};
}

/// The straight line through two measurements, never below the second one. @param atOnce  of the samples, those that memory holds at a time
Measured extrapolated(const Measured& few, const Measured& more, std::int64_t samples, std::int64_t atOnce) {
    const auto line = [&](double a, double b, std::int64_t at) {
        return b + std::max(0.0, b - a) / static_cast<double>(more.samples - few.samples) *
                       static_cast<double>(std::max<std::int64_t>(0, at - more.samples));
    };
    return {samples, line(few.seconds, more.seconds, samples), more.peakBytes > 0.0 ? line(few.peakBytes, more.peakBytes, atOnce) : 0.0};
}

void take(Forecast& forecast, const Measured& measured, Trial& trial) {
    forecast.stepSeconds = measured.seconds;
    forecast.peakBytes = measured.peakBytes;
    forecast.validationSeconds = trial.validationSeconds() + trial.pictureSeconds();
    forecast.totalSeconds = static_cast<double>(forecast.steps) * forecast.stepSeconds + forecast.validationSeconds;
}

}  // namespace

Forecast forecastRun(const TrainingRequest& request, const std::stop_token& stop) {
    const Prepared prepared = prepare(request, stop);
    Trial trial(prepared.data, prepared.settings, prepared.batch(), request.seed, prepared.device);
    const Measured measured = measure(trial, prepared.memory(), trial.samples(), kTrialSteps, stop);
    Forecast forecast = forecastOf(prepared, trial);
    forecast.trialSteps = kTrialSteps;
    forecast.trialSamples = measured.samples;
    take(forecast, measured, trial);
    return forecast;
}

Forecast estimateRun(const TrainingRequest& request, const std::stop_token& stop) {
    const Prepared prepared = prepare(request, stop);
    const std::int64_t batch = prepared.batch(), more = std::min(batch, kMoreSamples), few = std::min(batch, kFewSamples);
    Trial trial(prepared.data, prepared.settings, more, request.seed, prepared.device);
    Forecast forecast = forecastOf(prepared, trial);
    const Memory memory = prepared.memory();
    if (memory.held() + trial.stateBytes() > forecast.availableBytes) {
        forecast.peakBytes = memory.held() + trial.stateBytes();
        return forecast;
    }
    const Measured small = measure(trial, memory, few, kQuickSteps, stop), larger = measure(trial, memory, more, kQuickSteps, stop);
    Measured whole = batch > more ? extrapolated(small, larger, batch, trial.samplesAtOnce(batch)) : larger;
    forecast.trialSteps = kQuickSteps;
    forecast.trialSamples = more;
    if (batch > more && whole.seconds * (kQuickSteps + 1) < kQuickSeconds && whole.peakBytes < forecast.availableBytes / 2) {
        Trial atSize(prepared.data, prepared.settings, batch, request.seed, prepared.device);
        whole = measure(atSize, memory, batch, kQuickSteps, stop);
        forecast.trialSamples = batch;
    }
    forecast.checkpointBytes = trial.checkpointBytes();  // with the optimiser's part, which the first step makes
    forecast.diskBytes = diskBytes(prepared, forecast.checkpointBytes);
    take(forecast, whole, trial);
    return forecast;
}

bool exceedsMemory(const Forecast& forecast) { return forecast.availableBytes > 0.0 && forecast.peakBytes > forecast.availableBytes; }

}  // namespace maskscope
