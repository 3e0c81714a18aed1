#include "training/trainer.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"
#include "interop/saved_tensors.h"
#include "layers/fused_block.h"
#include "recipes/initial_weights.h"
#include "tensor/device.h"
#include "training/run_weights.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Adds the time of a scope to a part of the split.
class Timed {
public:
    explicit Timed(double& part) : part_(part), start_(Clock::now()) {}
    ~Timed() { part_ += secondsSince(start_); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

private:
    double& part_;
    Clock::time_point start_;
};

}  // namespace

struct Trainer::Parts {
    RunDescription description;
    TrainSettings settings;
    c10::Device device = c10::Device(c10::kCPU);
    std::unique_ptr<Method> method;
    TrainData data;  // read before a run is made, so that stopping meanwhile leaves nothing
};

Trainer::Parts Trainer::prepare(const TrainingRequest& request, const std::filesystem::path& runFolder, int threads, const Observers& observers,
                                std::stop_token stop) {
    const auto notice = [&](const std::string& line) {
        for (const auto& observer : observers) observer->onNotice(line);
    };
    const auto work = [&](const WorkRecord& record) {
        for (const auto& observer : observers) observer->onWork(record);
    };
    Parts parts;
    parts.description.request = request;
    MethodSpec spec = expandRecipe(request.recipe.root);
    parts.settings = TrainSettings::read(request.recipe.root);
    const DeviceChoice choice = chooseDevice(request.device);
    parts.device = choice.device;
    RunFindings& findings = parts.description.findings;
    findings.threads = setUpCompute(threads > 0 ? threads : parts.settings.threads);
    findings.device = choice.device.str();
    notice("device " + choice.reason);
    const auto compose = [&] { parts.method = std::make_unique<Method>(std::move(spec), Components(), request.seed, parts.device); };
    const bool isOpen = spec.input.isOpen();
    if (!isOpen) compose();  // refuses impossible recipes before data are read
    parts.data = TrainData::open(request, runFolder, notice, work, stop);
    if (!parts.data.fitted.empty()) {
        Value& root = parts.description.request.recipe.root;
        applySettings(root, parts.data.fitted);
        spec = expandRecipe(root);
        compose();
    }
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
      method_(std::move(parts.method)),
      training_(*method_, settings_),
      validation_(*method_, data_.validationView.to(device_), kValidationSeed),
      directory_(std::move(directory)),
      checkpoints_(directory_.checkpointsFolder(), CheckpointStore::Access::Write,
                   [this](const std::string& line) { tell([&](TrainingObserver& o) { o.onNotice(line); }); }),
      record_(directory_),
      observers_(std::move(observers)),
      recipe_(description_.request.recipe.root),
      publishedSpec_(std::make_shared<const MethodSpec>(method_->spec())) {
    data_.validationView = {};  // the validation keeps them
}

Trainer::~Trainer() = default;

std::unique_ptr<Trainer> Trainer::start(const std::filesystem::path& folder, const TrainingRequest& request, Observers observers,
                                        std::stop_token stop) {
    Parts parts = prepare(request, request.origin ? request.origin->run : std::filesystem::path(), 0, observers, stop);
    std::optional<Checkpoint> beginning;
    if (request.origin) {
        beginning = loadOrigin(*request.origin, parts);
    } else {
        loadInitialWeights(*parts.method, parts.description.request.recipe.root);
        loadRunWeights(*parts.method);
    }
    RunDirectory directory = RunDirectory::create(folder, parts.description.toValue(), [&](const std::string& line) {
        for (const auto& observer : observers) observer->onNotice(line);
    });
    std::unique_ptr<Trainer> trainer(new Trainer(std::move(parts), std::move(directory), std::move(observers)));
    trainer->data_.domain->save(folder);
    if (beginning) trainer->restoreStates(*beginning);
    trainer->saveCheckpoint();
    trainer->tellForecast();
    return trainer;
}

/// Reads the checkpoint that a fork begins with, and puts its weights into the method.
Checkpoint Trainer::loadOrigin(const RunOrigin& origin, Parts& parts) {
    const RunDirectory parent = RunDirectory::open(origin.run);
    Checkpoint checkpoint = CheckpointStore(parent.checkpointsFolder(), CheckpointStore::Access::Read).load(origin.step);
    try {
        const at::NoGradGuard noGrad;
        copySaved(parts.method->namedState(), checkpoint.model, "model");
    } catch (const DataError& error) {
        throw UsageError(fmt::format("the changed settings make another model than {} has at step {} ({}); change others, or train anew",
                                     origin.run.string(), origin.step, error.what()));
    }
    return checkpoint;
}

void Trainer::tellForecast() const {
    const auto each = static_cast<double>(checkpoints_.list().front().bytes);
    const double all = forecastBytes(settings_.steps, settings_.checkpointEvery, each, {.recent = static_cast<int>(settings_.keepRecent)});
    tell([&](TrainingObserver& o) {
        o.onNotice(
            fmt::format("{} parameters; checkpoints of {} each, at most {} in all", method_->parameterCount(), byteCount(each), byteCount(all)));
    });
}

std::unique_ptr<Trainer> Trainer::resume(const std::filesystem::path& folder, Observers observers, std::stop_token stop) {
    const auto notice = [&](const std::string& line) {
        for (const auto& observer : observers) observer->onNotice(line);
    };
    RunDirectory directory = RunDirectory::openForWriting(folder, notice);
    const RunDescription stored = RunDescription::fromValue(directory.content(), directory.runFile().string());
    Parts parts = prepare(stored.request, folder, stored.findings.threads, observers, stop);
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

/// Everything but the model's own weights.
void Trainer::restoreStates(const Checkpoint& checkpoint) {
    const at::NoGradGuard noGrad;
    training_.restoreOptimizer(checkpoint.optimizer);
    if (!checkpoint.ema.empty()) training_.restoreAveraged(checkpoint.ema);
    const auto& stamps = checkpoint.state.value("signals", nlohmann::json::object());
    for (const auto& [name, tensor] : checkpoint.signals) signals_.write(name, tensor.to(device_), stamps.value(name, std::int64_t{0}));
    step_ = checkpoint.step;
    loss_ = checkpoint.state.value("loss", 0.0);
}

void Trainer::restore(const Checkpoint& checkpoint) {
    const at::NoGradGuard noGrad;
    copySaved(method_->namedState(), checkpoint.model, "model");
    restoreStates(checkpoint);
    savedStep_ = step_;
    seconds_ = checkpoint.state.value("seconds", 0.0);
    for (const LiveChange& change : liveChangesFromJson(checkpoint.state)) setLive(change);
}

void Trainer::saveCheckpoint() {
    if (savedStep_ == step_) return;
    const Timed timed(split_.saving);
    Checkpoint checkpoint{.step = step_, .model = method_->namedState(), .ema = training_.averagedState(), .optimizer = training_.optimizerState()};
    checkpoint.state["seconds"] = seconds_;
    checkpoint.state["loss"] = loss_;
    if (!changes_.empty()) checkpoint.state["live"] = liveChangesToJson(changes_);
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
    const Timed timed(split_.validation);
    const TrainingStep::AveragedScope averaged(training_);
    const auto record = validation_.run(*method_, step_, signals_, stop);
    if (!record) return std::nullopt;
    lastValidation_ = record;
    tell([&](TrainingObserver& o) { o.onValidation(*record); });
    return record;
}

void Trainer::keepPictures() {
    const Timed timed(split_.pictures);
    const ProbeRecord probes = lookAtProbes();
    if (probes.pictures.empty()) return;
    try {
        record_.addProbes(probes);
    } catch (const FileError& error) {  // a disk that is full stops checkpoints as well, and those can wait for it
        tell([&](TrainingObserver& o) { o.onNotice(fmt::format("the pictures of step {} are not kept: {}", step_, error.what())); });
    }
    tell([&](TrainingObserver& o) { o.onProbes(probes); });
}

std::unique_ptr<Loader> Trainer::makeLoader() const {
    const LoaderOptions options{.seed = description_.request.seed,
                                .batch = settings_.batch,
                                .microBatch = settings_.batch / settings_.accumulate,
                                .firstStep = step_,
                                .threads = settings_.workers};
    return std::make_unique<Loader>(data_.domain->trainingViews(data_.training, data_.trainingIds), options);
}

/// @return none when stopped on the way
std::optional<std::vector<MicroBatch>> Trainer::loadBatch(const std::stop_token& stop) {
    std::vector<MicroBatch> microBatches;
    std::int64_t slot = 0;
    for (std::int64_t i = 0; i < settings_.accumulate; ++i) {
        MicroBatch batch;
        {
            const Timed timed(split_.loader);
            auto loaded = loader_->next(stop);
            if (!loaded) return std::nullopt;
            for (View& view : loaded->views) batch.views.push_back(view.to(device_));
        }
        const Timed timed(split_.masks);
        const auto rows = static_cast<std::int64_t>(batch.views.front().sampleIds.size());
        const double progress = static_cast<double>(step_) / static_cast<double>(std::max<std::int64_t>(settings_.steps, 1));
        batch.plan = method_->drawMasks(batch.views, method_->lookAhead(batch.views, signals_),
                                        trainingDraw(description_.request.seed, step_, slot, rows, progress));
        microBatches.push_back(std::move(batch));
        slot += rows;
    }
    return microBatches;
}

bool Trainer::advance(const std::stop_token& stop) {
    const FusedScope fused(settings_.fast);
    const Clock::time_point start = Clock::now();
    if (!loader_) loader_ = makeLoader();
    const auto microBatches = loadBatch(stop);
    if (!microBatches) return false;
    StepRecord record{.step = step_ + 1, .learningRate = training_.learningRate(step_)};
    try {
        const StepResult result = training_.run(step_, description_.request.seed, *microBatches, signals_);
        record.loss = loss_ = result.loss.item<double>();
        record.gradientNorm = result.gradientNorm.item<double>();
    } catch (const TrainingError& error) {
        throw TrainingError(fmt::format("{}; last finite checkpoint: step {}; start again with a lower train.optimizer.lr, or set train.clip",
                                        error.what(), savedStep_));
    }
    ++step_;
    split_.compute += training_.lastTimes().compute;
    split_.optimizer += training_.lastTimes().optimizer;
    const double stepSeconds = secondsSince(start);
    seconds_ += stepSeconds;
    record.seconds = seconds_;
    record.imagesPerSecond = static_cast<double>(settings_.batch) / stepSeconds;
    const Clock::time_point after = Clock::now();
    const auto validation = isDue(settings_.validateEvery) ? validate(stop) : std::nullopt;
    {
        const Timed timed(split_.saving);
        const bool wasWell = record_.problem().empty();
        record_.addStep(record, validation);
        if (wasWell && !record_.problem().empty())
            tell([&](TrainingObserver& o) { o.onNotice(record_.problem() + "; metrics wait in memory until the next checkpoint"); });
    }
    tell([&](TrainingObserver& o) { o.onStep(record); });
    if (isDue(settings_.snapshotEvery)) keepPictures();
    seconds_ += secondsSince(after);
    return true;
}

void Trainer::begin(std::optional<std::int64_t> lastStep, const std::stop_token& stop) {
    last_ = lastStep.value_or(settings_.steps);
    method_->train();
    tell([&](TrainingObserver& o) { o.onNotice("computes by the " + training_.path()); });
    tell([&](TrainingObserver& o) { o.onWork({.what = "predictors that learn nothing, on the validation samples", .done = 0, .total = 0}); });
    validation_.measureBaselines(stop);
    if (validation_.baselines()) record_.setBaselines(*validation_.baselines());
    if (step_ == firstStep() && hasNext() && !stop.stop_requested()) keepPictures();
    split_ = {};
}

TrainingSummary Trainer::finish(const std::stop_token& stop) {
    loader_.reset();
    if ((!lastValidation_ || lastValidation_->step != step_) && !stop.stop_requested()) validate(stop);
    saveCheckpoint();
    data_.tellNewProblems([this](const std::string& line) { tell([&](TrainingObserver& o) { o.onNotice(line); }); });
    return summary();
}

TrainingSummary Trainer::run(std::optional<std::int64_t> lastStep, std::stop_token stop) {
    begin(lastStep, stop);
    while (hasNext() && !stop.stop_requested()) {
        if (!advance(stop)) break;
        if (isCheckpointDue()) saveCheckpoint();
    }
    return finish(stop);
}

TrainingSummary Trainer::summary() const {
    TrainingSummary summary{.steps = step_, .loss = loss_, .seconds = seconds_, .stopped = step_ < last_};
    if (lastValidation_) {
        summary.validationLoss = lastValidation_->pixelLoss.value_or(lastValidation_->objective);
        summary.objectives = lastValidation_->objectives;
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
