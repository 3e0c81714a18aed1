#include "training/trainer.h"

#include <chrono>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"
#include "interop/saved_tensors.h"
#include "tensor/device.h"
#include "training/probes.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kValidationSeed = 20240;  // validation masks are the same for every run on the same images

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

View onDevice(View view, c10::Device device) {
    for (auto& [name, tensor] : view.tensors) tensor = tensor.to(device);
    return view;
}

}  // namespace

struct Trainer::Parts {
    RunDescription description;
    TrainSettings settings;
    c10::Device device = c10::Device(c10::kCPU);
    MethodSpec spec;
    TrainData data;
    View validation;  // read before a run is made, so that stopping meanwhile leaves nothing
};

Trainer::Parts Trainer::prepare(const TrainingRequest& request, int threads, const Observers& observers, std::stop_token stop) {
    const auto notice = [&](const std::string& line) {
        for (const auto& observer : observers) observer->onNotice(line);
    };
    const auto work = [&](const WorkRecord& record) {
        for (const auto& observer : observers) observer->onWork(record);
    };
    Parts parts;
    parts.spec = expandRecipe(request.recipe.root);
    parts.settings = TrainSettings::read(request.recipe.root);
    const DeviceChoice choice = chooseDevice(request.device);
    parts.device = choice.device;
    parts.description.request = request;
    parts.description.findings.threads = setUpCompute(threads > 0 ? threads : parts.settings.threads);
    parts.description.findings.device = choice.device.str();
    notice("device " + choice.reason);
    parts.data = TrainData::open(request, parts.settings, parts.spec.input, notice, work, stop);
    parts.validation = validationBatch(*parts.data.validation, parts.data.validationIds, parts.spec.input, stop);
    RunFindings& findings = parts.description.findings;
    findings.fingerprint = parts.data.fingerprint;
    findings.validationFingerprint = parts.data.validationFingerprint;
    findings.trainImages = static_cast<std::int64_t>(parts.data.trainingIds.size());
    findings.validationImages = static_cast<std::int64_t>(parts.data.validationIds.size());
    return parts;
}

Trainer::Trainer(Parts parts, RunDirectory directory, Observers observers)
    : description_(std::move(parts.description)),
      settings_(std::move(parts.settings)),
      device_(parts.device),
      data_(std::move(parts.data)),
      method_(std::move(parts.spec), Components(), description_.request.seed, device_),
      training_(method_, settings_),
      validation_(method_, onDevice(std::move(parts.validation), device_), kValidationSeed),
      directory_(std::move(directory)),
      checkpoints_(directory_.checkpointsFolder(), CheckpointStore::Access::Write,
                   [this](const std::string& line) { tell([&](TrainingObserver& o) { o.onNotice(line); }); }),
      record_(directory_),
      observers_(std::move(observers)) {}

Trainer::~Trainer() = default;

std::unique_ptr<Trainer> Trainer::start(const std::filesystem::path& folder, const TrainingRequest& request, Observers observers,
                                        std::stop_token stop) {
    Parts parts = prepare(request, 0, observers, stop);
    const Method trial(parts.spec, Components(), request.seed);  // refuses impossible recipes before anything is written
    RunDirectory directory = RunDirectory::create(folder, parts.description.toValue(), [&](const std::string& line) {
        for (const auto& observer : observers) observer->onNotice(line);
    });
    std::unique_ptr<Trainer> trainer(new Trainer(std::move(parts), std::move(directory), std::move(observers)));
    trainer->saveCheckpoint();
    trainer->tellForecast();
    return trainer;
}

void Trainer::tellForecast() const {
    const auto each = static_cast<double>(checkpoints_.list().front().bytes);
    const double all = forecastBytes(settings_.steps, settings_.checkpointEvery, each, {.recent = static_cast<int>(settings_.keepRecent)});
    tell([&](TrainingObserver& o) {
        o.onNotice(
            fmt::format("{} parameters; checkpoints of {} each, at most {} in all", method_.parameterCount(), byteCount(each), byteCount(all)));
    });
}

std::unique_ptr<Trainer> Trainer::resume(const std::filesystem::path& folder, Observers observers, std::stop_token stop) {
    const auto notice = [&](const std::string& line) {
        for (const auto& observer : observers) observer->onNotice(line);
    };
    RunDirectory directory = RunDirectory::openForWriting(folder, notice);
    const RunDescription stored = RunDescription::fromValue(directory.content(), directory.runFile().string());
    Parts parts = prepare(stored.request, stored.findings.threads, observers, stop);
    if (parts.description.findings.fingerprint != stored.findings.fingerprint)
        notice(fmt::format("{} has changed since the run was started; it goes on, but not as it would have gone", stored.request.data.string()));
    if (parts.description.findings.threads != stored.findings.threads || parts.description.findings.device != stored.findings.device)
        notice(fmt::format("the run used {} threads on {}, now {} on {}: results will differ in the last digits", stored.findings.threads,
                           stored.findings.device, parts.description.findings.threads, parts.description.findings.device));
    Checkpoint checkpoint;
    {
        CheckpointStore store(directory.checkpointsFolder(), CheckpointStore::Access::Write, notice);
        const auto newest = store.newestComplete();
        if (!newest) throw DataError(fmt::format("{}: no complete checkpoint; start the run anew in another folder", folder.string()));
        checkpoint = store.load(*newest);
        store.cutAfter(*newest);
    }
    RunRecord::cutAfter(directory, checkpoint.step);
    std::unique_ptr<Trainer> trainer(new Trainer(std::move(parts), std::move(directory), std::move(observers)));
    trainer->restore(checkpoint);
    return trainer;
}

void Trainer::restore(const Checkpoint& checkpoint) {
    const at::NoGradGuard noGrad;
    copySaved(method_.namedState(), checkpoint.model, "model");
    training_.restoreOptimizer(checkpoint.optimizer);
    training_.restoreAveraged(checkpoint.ema);
    const auto& stamps = checkpoint.state.value("signals", nlohmann::json::object());
    for (const auto& [name, tensor] : checkpoint.signals) signals_.write(name, tensor.to(device_), stamps.value(name, std::int64_t{0}));
    step_ = savedStep_ = checkpoint.step;
    seconds_ = checkpoint.state.value("seconds", 0.0);
    loss_ = checkpoint.state.value("loss", 0.0);
}

void Trainer::saveCheckpoint() {
    if (savedStep_ == step_) return;
    Checkpoint checkpoint{.step = step_, .model = method_.namedState(), .ema = training_.averagedState(), .optimizer = training_.optimizerState()};
    checkpoint.state["seconds"] = seconds_;
    checkpoint.state["loss"] = loss_;
    checkpoint.state["signals"] = nlohmann::json::object();
    for (const auto& [name, signal] : signals_.all()) {
        checkpoint.signals.emplace_back(name, signal.value);
        checkpoint.state["signals"][name] = signal.step;
    }
    if (lastValidation_ && lastValidation_->step == step_)
        checkpoint.state["val_loss"] = lastValidation_->pixelLoss.value_or(lastValidation_->objective);
    record_.sync();
    checkpoints_.save(checkpoint);
    checkpoints_.thin({.recent = static_cast<int>(settings_.keepRecent)});
    savedStep_ = step_;
    tell([&](TrainingObserver& o) { o.onCheckpoint(step_, checkpoints_.folderOf(step_)); });
}

std::optional<ValidationRecord> Trainer::validate(std::stop_token stop) {
    const TrainingStep::AveragedScope averaged(training_);
    const auto record = validation_.run(method_, step_, stop);
    if (!record) return std::nullopt;
    lastValidation_ = record;
    tell([&](TrainingObserver& o) { o.onValidation(*record); });
    return record;
}

void Trainer::keepPictures() {
    if (!method_.predictsPixels()) return;
    const TrainingStep::AveragedScope averaged(training_);
    const auto [view, plan] = validation_.probes(settings_.probeImages);
    const ProbeRecord probes = showProbes(method_, view, plan, step_);
    record_.addProbes(probes);
    tell([&](TrainingObserver& o) { o.onProbes(probes); });
}

Loader Trainer::makeLoader() const {
    std::vector<LoaderView> views;
    for (const ViewSpec& spec : method_.spec().views) {
        Augmentation::Params augment = settings_.augment;
        if (!spec.augment.isNone()) {
            ParamReader reader(spec.augment, "view." + spec.name + ".augment", "the augmentation");
            augment = Augmentation::Params::read(reader);
            reader.finish();
        }
        views.push_back({spec.name, method_.spec().input, Augmentation(augment)});
    }
    return Loader(data_.training, data_.trainingIds, std::move(views),
                  {.seed = description_.request.seed,
                   .batch = settings_.batch,
                   .microBatch = settings_.batch / settings_.accumulate,
                   .firstStep = step_,
                   .threads = settings_.workers});
}

void Trainer::trainOneStep(Loader& loader, std::int64_t last, std::stop_token stop) {
    const Clock::time_point start = Clock::now();
    std::vector<MicroBatch> microBatches;
    std::int64_t slot = 0;
    for (std::int64_t i = 0; i < settings_.accumulate; ++i) {
        auto loaded = loader.next(stop);
        if (!loaded) return;
        for (View& view : loaded->views) view = onDevice(std::move(view), device_);
        const auto rows = static_cast<std::int64_t>(loaded->views.front().sampleIds.size());
        MaskPlan plan = method_.drawMasks(loaded->views, signals_, trainingDraw(description_.request.seed, step_, slot, rows));
        microBatches.push_back({std::move(loaded->views), std::move(plan)});
        slot += rows;
    }
    StepRecord record{.step = step_ + 1, .learningRate = training_.learningRate(step_)};
    try {
        const StepResult result = training_.run(step_, description_.request.seed, microBatches, signals_);
        record.loss = loss_ = result.loss.item<double>();
        record.gradientNorm = result.gradientNorm.item<double>();
    } catch (const TrainingError& error) {
        throw TrainingError(fmt::format("{}; last finite checkpoint: step {}; start again with a lower train.optimizer.lr, or set train.clip",
                                        error.what(), savedStep_));
    }
    ++step_;
    const double stepSeconds = secondsSince(start);
    seconds_ += stepSeconds;
    record.seconds = seconds_;
    record.imagesPerSecond = static_cast<double>(settings_.batch) / stepSeconds;
    const Clock::time_point after = Clock::now();
    const auto validation = isDue(settings_.validateEvery, last) ? validate(stop) : std::nullopt;
    record_.addStep(record, validation);
    tell([&](TrainingObserver& o) { o.onStep(record); });
    if (isDue(settings_.snapshotEvery, last)) keepPictures();
    seconds_ += secondsSince(after);
}

TrainingSummary Trainer::run(std::optional<std::int64_t> lastStep, std::stop_token stop) {
    const std::int64_t last = lastStep.value_or(settings_.steps);
    method_.train();
    tell([&](TrainingObserver& o) { o.onWork({.what = "baselines on the validation images", .done = 0, .total = 0}); });
    validation_.measureBaselines(stop);
    if (step_ == 0 && step_ < last && !stop.stop_requested()) keepPictures();
    {
        Loader loader = makeLoader();
        while (step_ < last && !stop.stop_requested()) {
            trainOneStep(loader, last, stop);
            if (isDue(settings_.checkpointEvery, last)) saveCheckpoint();
        }
    }
    if ((!lastValidation_ || lastValidation_->step != step_) && !stop.stop_requested()) validate(stop);
    saveCheckpoint();
    data_.tellNewProblems([this](const std::string& line) { tell([&](TrainingObserver& o) { o.onNotice(line); }); });
    return summary(last);
}

TrainingSummary Trainer::summary(std::int64_t last) const {
    TrainingSummary summary{.steps = step_, .loss = loss_, .seconds = seconds_, .stopped = step_ < last};
    if (lastValidation_) {
        summary.validationLoss = lastValidation_->pixelLoss;
        summary.skill = lastValidation_->skill;
    }
    if (const auto& baselines = validation_.baselines()) {
        summary.meanPatch = baselines->meanPatch;
        summary.nearestVisible = baselines->nearestVisible;
        summary.inpaint = baselines->inpaint;
    }
    return summary;
}

}  // namespace maskscope
