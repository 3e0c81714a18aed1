#include "training/trainer.h"

#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"
#include "interop/saved_tensors.h"
#include "layers/fused_block.h"
#include "recipes/initial_weights.h"
#include "tensor/device.h"
#include "training/run_weights.h"
#include "training/timed.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

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
      publishedSpec_(std::make_shared<const MethodSpec>(method_->spec())),
      pending_(device_, settings_.readEveryOn(device_.is_cpu())) {
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
    settle();
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

BatchFeed& Trainer::feed() {
    if (!feed_)
        feed_ = std::make_unique<BatchFeed>(*method_, settings_, description_.request.seed,
                                            data_.domain->trainingViews(data_.training, data_.trainingIds), step_, device_);
    return *feed_;
}

/// Once.
void Trainer::tellGraph() {
    const std::string obstacle = training_.graphObstacle();
    if (obstacle == toldGraph_) return;
    toldGraph_ = obstacle;
    tell([&](TrainingObserver& o) { o.onNotice(fmt::format("steps are queued one task at a time, not replayed from a recording: {}", obstacle)); });
}

void Trainer::tellPieces() const {
    tell([&](TrainingObserver& o) {
        o.onNotice(
            fmt::format("the memory of {} did not suffice: from step {} on each micro-batch is computed in {} pieces, one after the other, with the "
                        "same result; train.accumulate={} begins like that",
                        device_.str(), step_ + 1, training_.pieces(), settings_.accumulate * training_.pieces()));
    });
}

TrainingError Trainer::withAdvice(const TrainingError& error) const {
    return TrainingError(
        fmt::format("{}; last finite checkpoint: step {}; start again with a lower train.optimizer.lr, or set train.clip", error.what(), savedStep_));
}

/// Reads what is left to read of the steps made.
void Trainer::settle() { deliver(pending_.all(), {}); }

/// Steps whose results have been read, in order: the newest is validated where that is due.
void Trainer::deliver(std::vector<StepRecord> records, const std::stop_token& stop) {
    if (records.empty()) return;
    const double rate = static_cast<double>(settings_.batch * static_cast<std::int64_t>(records.size())) / std::exchange(unreadSeconds_, 0.0);
    for (StepRecord& record : records) {
        const std::int64_t before = record.step - 1;
        if (!std::isfinite(record.loss) || !std::isfinite(record.gradientNorm))
            throw withAdvice(training_.notFinite(before, record.loss, record.gradientNorm, feed().again(before, signals_), signals_));
        loss_ = record.loss;
        record.imagesPerSecond = rate;
        keep(record, record.step == step_ && isDue(settings_.validateEvery) ? validate(stop) : std::nullopt);
    }
}

void Trainer::keep(const StepRecord& record, const std::optional<ValidationRecord>& validation) {
    {
        const Timed timed(split_.saving);
        const bool wasWell = record_.problem().empty();
        record_.addStep(record, validation);
        if (wasWell && !record_.problem().empty())
            tell([&](TrainingObserver& o) { o.onNotice(record_.problem() + "; metrics wait in memory until the next checkpoint"); });
    }
    tell([&](TrainingObserver& o) { o.onStep(record); });
}

bool Trainer::advance(const std::stop_token& stop) {
    const FusedScope fused(settings_.fast);
    const Clock::time_point start = Clock::now();
    const auto microBatches = feed().next(signals_, stop, split_);
    if (!microBatches) return false;
    StepRecord record{.step = step_ + 1, .learningRate = training_.learningRate(step_)};
    StepResult result;
    try {
        const std::int64_t pieces = training_.pieces();
        result = training_.run(step_, description_.request.seed, *microBatches, signals_);
        if (training_.pieces() != pieces) tellPieces();
        tellGraph();
    } catch (const TrainingError& error) {
        throw withAdvice(error);
    }
    ++step_;
    if (hasNext()) feed().prepareNext(stop, split_);
    split_.compute += training_.lastTimes().compute;
    split_.optimizer += training_.lastTimes().optimizer;
    const double stepSeconds = secondsSince(start);
    unreadSeconds_ += stepSeconds;
    record.seconds = seconds_ += stepSeconds;
    pending_.add(record, std::move(result));
    const Clock::time_point after = Clock::now();
    const bool looks = isDue(settings_.validateEvery) || isDue(settings_.snapshotEvery) || isCheckpointDue();
    deliver(looks ? pending_.all() : pending_.arrived(), stop);
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
    settle();
    feed_.reset();
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
