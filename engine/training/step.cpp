#include "training/step.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "interop/saved_tensors.h"
#include "layers/fused_block.h"
#include "layers/noise.h"
#include "layers/recompute.h"
#include "tensor/autocast.h"
#include "training/non_finite.h"
#include "training/stage_ends.h"

namespace maskscope {
namespace {

using Clock = std::chrono::steady_clock;

/// Takes parameters out of learning for a scope.
class Still {
public:
    explicit Still(std::vector<at::Tensor>& parameters) : parameters_(parameters) { set(false); }
    ~Still() { set(true); }
    Still(const Still&) = delete;
    Still& operator=(const Still&) = delete;

private:
    void set(bool learns) {
        for (at::Tensor& parameter : parameters_) parameter.requires_grad_(learns);
    }
    std::vector<at::Tensor>& parameters_;
};

double secondsBetween(Clock::time_point start, Clock::time_point end) { return std::chrono::duration<double>(end - start).count(); }

}  // namespace

MaskDraw trainingDraw(std::uint64_t seed, std::int64_t step, std::int64_t firstSlot, std::int64_t count, double progress) {
    MaskDraw draw{.seed = seed, .purpose = "mask", .step = static_cast<std::uint64_t>(step), .samples = {}, .progress = progress};
    for (std::int64_t i = 0; i < count; ++i) draw.samples.push_back(static_cast<std::uint64_t>(firstSlot + i));
    return draw;
}

TrainingStep::TrainingStep(Method& method, const TrainSettings& settings) : method_(method), settings_(settings) {
    if (method.spec().objectives.empty())
        throw RecipeError(fmt::format("recipe '{}' has no objective, so there is nothing to train; add an [[objective]]", method.spec().id));
    if (settings.accumulate > 1 && method.acrossBatch())
        throw RecipeError("train.accumulate is above 1, but a loss of this recipe compares the samples of a batch with each other; set it to 1");
    stageEnds_ = maskscope::stageEnds(method.spec(), settings.steps);
    for (Follower& follower : method.followers())
        teachers_.push_back({Ema(std::move(follower.online), std::move(follower.average)),
                             {.kind = EmaMomentum::Kind::Cosine, .from = follower.momentum, .to = follower.momentumEnd}});
    const bool onCpu = method.parameters().empty() || method.parameters().front().is_cpu();
    const bool records = settings.graph == "on" || (settings.graph == "auto" && !onCpu);
    passes_ = std::make_unique<GradientPasses>(method, settings.fast && onCpu && !records,
                                               !settings.fast ? "train.fast is false"
                                               : onCpu        ? "train.graph is on"
                                                              : "it is the GPU's");
    readsLater_ = records || settings.readEveryOn(onCpu) > 1;
    for (const UpdateSpec& spec : method.spec().updates) addUpdate(spec);
    if (settings.ema > 0.0) averaged_ = Ema::copying(method.namedState());
    const c10::Device device = onCpu ? c10::Device(c10::kCPU) : method.parameters().front().device();
    if (readsLater_) halted_ = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(device));
    if (records) planGraph(device);
}

/// Puts on the device what must not be numbers of the host where steps are recorded.
void TrainingStep::planGraph(c10::Device device) {
    const at::TensorOptions scalar = at::TensorOptions().dtype(at::kFloat).device(device);
    lrOnDevice_ = at::zeros({}, scalar);
    for (std::size_t i = 0; i < teachers_.size() + (averaged_ ? 1 : 0); ++i) shares_.push_back(at::zeros({}, scalar));
    graph_ = std::make_unique<StepGraph>(device);
    const auto isPlain = [](const Update& update) { return update.spec.every == 1 && update.spec.stage.empty(); };
    const auto countsBatches = [](const auto& buffer) { return buffer.key().find("running_mean") != std::string::npos; };
    const auto buffers = method_.named_buffers();
    if (const std::string obstacle = DeviceGraph::obstacle(device); !obstacle.empty())
        graph_->giveUp(obstacle);
    else if (!std::all_of(updates_.begin(), updates_.end(), isPlain))
        graph_->giveUp("its updates take turns");
    else if (std::any_of(buffers.begin(), buffers.end(), countsBatches))
        graph_->giveUp("batch norms count batches");
}

std::string TrainingStep::path() const { return passes_->path(); }

/// What a recording would repeat wrongly.
void TrainingStep::keepFromGraph(const GradientPasses::Passed& passed, bool isCut) {
    if (isCut) graph_->giveUp("memory does not suffice for whole batches");
    if (passed.hasDrawnNoise) graph_->giveUp("layers draw noise on the host");
    if (!passed.remembered.empty()) graph_->giveUp("a loss remembers the steps before");
}

std::size_t TrainingStep::stageOf(std::int64_t step) const {
    const auto end = std::upper_bound(stageEnds_.begin(), stageEnds_.end() - 1, step);
    return static_cast<std::size_t>(end - stageEnds_.begin());
}

double TrainingStep::learningRate(std::int64_t step) const {
    const std::size_t stage = stageOf(step);
    const std::int64_t begin = stage == 0 ? 0 : stageEnds_[stage - 1];
    const Schedule schedule{settings_.schedule, settings_.lr, static_cast<double>(stageEnds_[stage] - begin)};
    return schedule.lrAt(static_cast<double>(step - begin));
}

bool TrainingStep::isDue(const UpdateSpec& update, std::int64_t step) const {
    const std::vector<StageSpec>& stages = method_.spec().stages;
    return step % update.every == 0 && (update.stage.empty() || stages[stageOf(step)].name == update.stage);
}

void TrainingStep::addUpdate(const UpdateSpec& spec) {
    std::vector<NamedParameter> parameters;
    for (const auto& [name, tensor] : method_.trainable(spec)) {
        const auto [layer, deepest] = method_.layerOf(name);
        parameters.push_back(
            {name, tensor, layerLrScale(layer, deepest - 1, settings_.layerDecay), settings_.decayAll || takesWeightDecay(name, tensor, {"table"})});
    }
    if (parameters.empty()) throw RecipeError("an update of the recipe has no parameters to learn; name networks that are not frozen");
    std::vector<at::Tensor> still;
    for (const at::Tensor& parameter : method_.parameters()) {
        const auto moved = [&](const NamedParameter& mine) { return mine.tensor.is_same(parameter); };
        if (parameter.requires_grad() && std::none_of(parameters.begin(), parameters.end(), moved)) still.push_back(parameter);
    }
    std::vector<at::Tensor> mine;
    for (const NamedParameter& parameter : parameters) mine.push_back(parameter.tensor);
    updates_.push_back({spec, AdamW(settings_.adamw, std::move(parameters)), std::move(still), std::move(mine)});
    updates_.back().optimizer.shareAmong(passes_->team());
}

TrainingError TrainingStep::notFinite(std::int64_t step, double loss, double gradientNorm, const std::vector<MicroBatch>& microBatches,
                                      const Signals& signals) const {
    const NoiseScope noise(RandomStream(0, "noise", static_cast<std::uint64_t>(step)));
    const double value = std::isfinite(loss) ? gradientNorm : loss;
    std::string place;
    for (const MicroBatch& batch : microBatches) {
        const Autocast autocast(settings_.precision, batch.views.front().device());
        place = whereNotFinite(method_, batch, signals);
        if (!place.empty()) break;
    }
    return TrainingError(fmt::format("{} became {} at step {}{}{} (learning rate {:.3g}, precision {})",
                                     std::isfinite(loss) ? "the gradient norm" : "the loss", std::isnan(value) ? "NaN" : "infinite", step + 1,
                                     place.empty() ? "" : " ", place, learningRate(step), settings_.precision));
}

StepResult TrainingStep::runUpdate(Update& update, std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches,
                                   Signals& signals) {
    const Clock::time_point start = Clock::now();
    const Still others(update.still);
    update.optimizer.zeroGrad();
    const auto number = static_cast<std::size_t>(&update - updates_.data());
    const RandomStream noise(seed, "noise", static_cast<std::uint64_t>(step), number);
    const std::int64_t pieces = passes_->pieces();
    const GradientPasses::Passed passed = passes_->run({number, update.moved, noise, settings_.precision, signals}, microBatches);
    if (graph_) keepFromGraph(passed, passes_->pieces() != pieces);
    StepResult result{.loss = passed.loss, .gradientNorm = update.optimizer.clipGradients(settings_.clip)};
    if (readsLater_)
        haltUnlessFinite(result);
    else
        requireFinite(step, result, microBatches, signals);
    const Clock::time_point computed = Clock::now();
    times_.compute += secondsBetween(start, computed);
    update.optimizer.step(learningRate(step), {lrOnDevice_, halted_});
    remember(passed.remembered, step + 1, signals);
    times_.optimizer += secondsBetween(computed, Clock::now());
    return result;
}

void TrainingStep::requireFinite(std::int64_t step, const StepResult& result, const std::vector<MicroBatch>& microBatches,
                                 const Signals& signals) const {
    const double loss = result.loss.item<double>(), norm = result.gradientNorm.item<double>();
    if (!std::isfinite(loss) || !std::isfinite(norm)) throw notFinite(step, loss, norm, microBatches, signals);
}

/// Sets the brake, which stays set, where it lies: on the device.
void TrainingStep::haltUnlessFinite(const StepResult& result) {
    const at::NoGradGuard noGrad;
    const at::Tensor isFinite = result.loss.isfinite().logical_and(result.gradientNorm.isfinite());
    at::maximum_out(halted_, halted_, isFinite.logical_not().to(halted_.options()));
}

void TrainingStep::remember(const NamedTensors& remembered, std::int64_t step, Signals& signals) const {
    for (const auto& [name, value] : remembered) {
        const Signals::Signal* const before = halted_.defined() ? signals.find(name) : nullptr;
        signals.write(name, before != nullptr ? at::where(halted_.gt(0.5), before->value, value) : value, step);
    }
}

void TrainingStep::followNetworks(std::int64_t step) {
    if (graph_) {
        const at::Tensor moves = 1.0 - halted_;
        for (std::size_t i = 0; i < teachers_.size(); ++i) teachers_[i].average.update(shares_[i] * moves);
        if (averaged_) averaged_->update(shares_.back() * moves);
        return;
    }
    for (Teacher& teacher : teachers_) teacher.average.update(momentumOf(teacher, step));
    if (averaged_) averaged_->update(settings_.ema);
}

double TrainingStep::momentumOf(const Teacher& teacher, std::int64_t step) const {
    return teacher.momentum.at(static_cast<double>(step), static_cast<double>(settings_.steps));
}

/// Puts the step's numbers where a recorded step reads them.
void TrainingStep::setRates(std::int64_t step) {
    const at::NoGradGuard noGrad;
    lrOnDevice_.fill_(learningRate(step));
    for (std::size_t i = 0; i < teachers_.size(); ++i) shares_[i].fill_(1.0 - momentumOf(teachers_[i], step));
    if (averaged_) shares_.back().fill_(1.0 - settings_.ema);
}

StepResult TrainingStep::run(std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals) {
    if (!graph_) return runUpdates(step, seed, microBatches, signals);
    setRates(step);
    const auto work = [this, step, seed, &signals](const std::vector<MicroBatch>& batches) { return runUpdates(step, seed, batches, signals); };
    return graph_->run(microBatches, work, halted_);
}

StepResult TrainingStep::runUpdates(std::int64_t step, std::uint64_t seed, const std::vector<MicroBatch>& microBatches, Signals& signals) {
    const FusedScope fused(settings_.fast);
    const RecomputeScope recompute(settings_.recompute);
    times_ = {};
    StepResult result;
    for (Update& update : updates_) {
        if (!isDue(update.spec, step)) continue;
        StepResult part = runUpdate(update, step, seed, microBatches, signals);
        if (!result.loss.defined()) result = part;
    }
    const Clock::time_point updated = Clock::now();
    followNetworks(step);
    times_.optimizer += secondsBetween(updated, Clock::now());
    return result;
}

void TrainingStep::changeSettings(const TrainSettings& settings) {
    settings_ = settings;
    if (graph_) graph_->forget();
    for (Update& update : updates_) update.optimizer.setWeightDecay(settings.adamw.weightDecay);
}

NamedTensors TrainingStep::optimizerState() const {
    NamedTensors state;
    for (std::size_t i = 0; i < updates_.size(); ++i)
        for (auto& [name, tensor] : updates_[i].optimizer.state()) state.emplace_back(fmt::format("{}.{}", i, name), tensor);
    return state;
}

void TrainingStep::restoreOptimizer(const NamedTensors& saved) {
    for (std::size_t i = 0; i < updates_.size(); ++i) {
        const std::string prefix = fmt::format("{}.", i);
        NamedTensors part;
        for (const auto& [name, tensor] : saved)
            if (name.compare(0, prefix.size(), prefix) == 0) part.emplace_back(name.substr(prefix.size()), tensor);
        updates_[i].optimizer.restore(part);
    }
}

NamedTensors TrainingStep::averagedState() const { return averaged_ ? averaged_->state() : NamedTensors{}; }

void TrainingStep::restoreAveraged(const NamedTensors& saved) {
    if (averaged_) averaged_->restore(saved);
}

TrainingStep::AveragedScope::AveragedScope(const TrainingStep& step) {
    if (!step.averaged_) return;
    const torch::NoGradGuard noGrad;
    weights_ = step.method_.namedState();
    for (const auto& [name, tensor] : weights_) newest_.emplace_back(name, tensor.clone());
    copySaved(weights_, step.averaged_->state(), "averaged weights");
}

TrainingStep::AveragedScope::~AveragedScope() {
    const torch::NoGradGuard noGrad;
    for (std::size_t i = 0; i < newest_.size(); ++i) weights_[i].second.copy_(newest_[i].second);
}

}  // namespace maskscope
