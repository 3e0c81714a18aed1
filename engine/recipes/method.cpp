#include "recipes/method.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/initialization.h"
#include "recipes/evaluation_views.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

TokenChoice tokenChoice(const std::string& on) {
    return on == "hidden" ? TokenChoice::Hidden : on == "visible" ? TokenChoice::Visible : TokenChoice::All;
}

/// [B, R] float weights that switch padding off; undefined where there is none.
at::Tensor rowWeights(const TokenSplit* split, TokenChoice rows, const at::Tensor& valid) {
    if (split == nullptr || rows == TokenChoice::All) return valid.defined() ? valid.to(at::kFloat) : at::Tensor();
    const at::Tensor& real = rows == TokenChoice::Hidden ? split->hiddenReal : split->visibleReal;
    return real.defined() ? real.to(at::kFloat) : at::Tensor();
}

/// The slots of a graph's edges as tokens in a row, for strategies that hide edges.
Geometry edgeSlotGeometry(const Geometry& graph) {
    if (!graph.edgeValid.defined())
        throw ShapeError("a mask of edges needs a graph, but the view has no edges; set input.kind = \"graph\" or mask.space = \"token\"");
    return Geometry::sequence(graph.batch, graph.edgeValid.size(1), graph.edgeValid);
}

/// @return [rows, tokens, 2] float in [0, 1), a function of the draw alone
at::Tensor drawChances(const MaskDraw& draw, std::int64_t tokens) {
    const at::Tensor chances = at::empty({static_cast<std::int64_t>(draw.samples.size()), tokens, 2}, at::kFloat);
    float* next = chances.mutable_data_ptr<float>();
    for (const std::uint64_t sample : draw.samples) {
        RandomStream stream(draw.seed, draw.purpose + "/chance", draw.step, sample);
        for (std::int64_t i = 0; i < 2 * tokens; ++i) *next++ = std::ldexp(static_cast<float>(stream.next() >> 8), -24);
    }
    return chances;
}

}  // namespace

const View& findView(const std::vector<View>& views, const std::string& name) {
    for (const View& view : views)
        if (view.name == name) return view;
    throw ShapeError(fmt::format("no view '{}' was loaded", name));
}

Method::Method(MethodSpec spec, const Components& components, std::uint64_t seed, c10::Device device) : spec_(std::move(spec)) {
    for (std::size_t i = 0; i < spec_.masks.size(); ++i)
        masks_.push_back(components.masks.make(spec_.masks[i].strategy, spec_.masks.size() == 1 ? "mask" : fmt::format("mask.{}", i), "strategy"));
    addNetworks(components, seed);
    addObjectives(components, seed);
    to(device);
}

void Method::addNetworks(const Components& components, std::uint64_t seed) {
    for (const NetworkSpec& network : spec_.networks) {
        const std::string path = spec_.networks.size() == 1 && network.id == "encoder" ? "encoder" : "network." + network.id;
        networks_[network.id] = register_module(network.id, components.encoders.make(network.component, path, "kind", spec_.input));
    }
    for (const PassSpec& pass : spec_.passes) checkPass(pass);
    for (const NetworkSpec& network : spec_.networks) {
        const std::string& source = network.emaOf.empty() ? network.id : network.emaOf;
        Encoder& encoder = *networks_.at(network.id);
        initializeParameters(encoder, encoder.initialization(), hashCombine(seed, hashText(source)));
        if (!network.emaOf.empty() || network.frozen)
            for (at::Tensor& parameter : encoder.parameters()) parameter.requires_grad_(false);
    }
}

void Method::addObjectives(const Components& components, std::uint64_t seed) {
    for (std::size_t i = 0; i < spec_.objectives.size(); ++i) {
        const ObjectiveSpec& spec = spec_.objectives[i];
        const std::string path = fmt::format("objective.{}", i);
        Encoder& encoder = *networks_.at(spec_.pass(spec.pass).network);
        const TargetContext targetContext{spec_.input, spec.targetPass.empty() ? 0 : networks_.at(spec_.pass(spec.targetPass).network)->width()};
        Objective objective{spec, tokenChoice(spec.on), components.targets.make(spec.target, path + ".target", "kind", targetContext), nullptr,
                            components.losses.make(spec.loss, path + ".loss", "kind")};
        const HeadContext context{spec_.input, encoder.width(), objective.target->width(), encoder.mapWidths()};
        objective.head = components.heads.make(spec.head, path + ".head", "kind", context);
        register_module("head_" + spec.name, objective.head);
        initializeParameters(*objective.head, encoder.initialization(), hashCombine(seed, hashText("head_" + spec.name)));
        checkObjective(objective);
        objectives_.push_back(std::move(objective));
    }
}

void Method::checkPass(const PassSpec& pass) {
    Encoder& encoder = *networks_.at(pass.network);
    const Value* kind =
        std::find_if(spec_.networks.begin(), spec_.networks.end(), [&](const auto& n) { return n.id == pass.network; })->component.find("kind");
    if (!encoder.honours(pass.corruption))
        throw RecipeError(fmt::format("encoder '{}' cannot honour the corruption '{}' at the {}; choose another encoder or corruption",
                                      kind->asString(), corruptionName(pass.corruption.kind), corruptionName(pass.corruption.place)));
    if (pass.corruption.kind != CorruptionKind::None && spec_.masks.empty())
        throw RecipeError(fmt::format("pass '{}' hides what a mask says, but the recipe has no [mask]", pass.id));
    encoder.prepare(pass.corruption);
}

void Method::checkObjective(const Objective& objective) const {
    const PassSpec& pass = spec_.pass(objective.spec.pass);
    const bool dropped = pass.corruption.leavesOut();
    if (dropped && objective.rows != TokenChoice::Visible && !objective.head->restoresDropped())
        throw RecipeError(
            fmt::format("objective '{}': the encoder drops hidden tokens, and head '{}' cannot restore them; choose head '{}', "
                        "or an encoder with sees = \"all\"",
                        objective.spec.name, objective.spec.head.find("kind")->asString(),
                        pass.corruption.kind == CorruptionKind::Sparse ? "convnext" : "transformer"));
    if (objective.target->isCodes() != objective.loss->comparesCodes())
        throw RecipeError(fmt::format("objective '{}': target '{}' gives {}, but loss '{}' compares {}; choose another loss", objective.spec.name,
                                      objective.spec.target.find("kind")->asString(), objective.target->isCodes() ? "codes" : "vectors",
                                      objective.spec.loss.find("kind")->asString(), objective.loss->comparesCodes() ? "codes" : "vectors"));
    if (objective.loss->remembers())
        throw RecipeError(
            fmt::format("objective '{}': loss '{}' needs a memory of the steps before, which training does not keep; choose another loss",
                        objective.spec.name, objective.spec.loss.find("kind")->asString()));
    if (spec_.masks.empty() && objective.rows != TokenChoice::All)
        throw RecipeError(fmt::format("objective '{}' counts {} tokens, but the recipe has no [mask]", objective.spec.name, objective.spec.on));
}

bool Method::drawsChances(const std::string& role) const {
    return std::any_of(spec_.passes.begin(), spec_.passes.end(),
                       [&](const PassSpec& pass) { return pass.corruption.role == role && pass.corruption.drawsChances(); });
}

bool Method::hidesEdges(const std::string& role) const {
    return std::any_of(spec_.masks.begin(), spec_.masks.end(),
                       [&](const MaskSpec& mask) { return mask.role == role && mask.space == MaskSpace::Edge; });
}

MaskPlan Method::drawMasks(const std::vector<View>& views, const Signals& signals, const MaskDraw& draw) const {
    MaskPlan plan(spec_.maskCopies);
    for (std::size_t i = 0; i < masks_.size(); ++i) {
        const MaskSpec& spec = spec_.masks[i];
        const View& view = findView(views, spec.view);
        const Geometry geometry = spec.space == MaskSpace::Edge ? edgeSlotGeometry(view.geometry) : view.geometry;
        MaskDraw rows = draw;
        if (masks_.size() > 1) rows.purpose += fmt::format("/{}", i);
        if (spec_.maskCopies > 1) {
            rows.samples.clear();
            for (const std::uint64_t sample : draw.samples)
                for (std::int64_t copy = 0; copy < spec_.maskCopies; ++copy)
                    rows.samples.push_back(hashCombine(sample, static_cast<std::uint64_t>(copy)));
        }
        std::vector<Mask> drawn = masks_[i]->sample(geometry, signals, rows);
        for (Mask& mask : drawn) {
            if (drawn.size() == 1) mask.role = spec.role;
            mask.view = view.name;
            mask.space = spec.space;
            mask.hidden = mask.hidden.to(view.device());
            if (drawsChances(mask.role)) mask.chance = drawChances(rows, mask.hidden.size(1)).to(view.device());
            const at::Tensor& valid = geometry.valid;
            plan.add(std::move(mask), valid.defined() && spec_.maskCopies > 1 ? valid.repeat_interleave(spec_.maskCopies, 0) : valid);
        }
    }
    return plan;
}

Features Method::runPass(const PassSpec& pass, const View& view, const MaskPlan& plan) {
    const bool frozen = !pass.gradient;
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && !frozen);
    return networks_.at(pass.network)->forward(view, plan, pass.corruption, pass.taps);
}

const Features& Method::passFeatures(const std::string& id, const std::vector<View>& views, const MaskPlan& plan, MethodResult& result) {
    if (const auto known = result.passes.find(id); known != result.passes.end()) return known->second;
    const PassSpec& pass = spec_.pass(id);
    return result.passes[id] = runPass(pass, findView(views, pass.view), plan);
}

ObjectiveResult Method::runObjective(Objective& objective, const std::vector<View>& views, const MaskPlan& plan, const Signals& signals,
                                     MethodResult& result) {
    const PassSpec& pass = spec_.pass(objective.spec.pass);
    const Features& features = passFeatures(objective.spec.pass, views, plan, result);
    const Features* targetFeatures = objective.spec.targetPass.empty() ? nullptr : &passFeatures(objective.spec.targetPass, views, plan, result);
    const TokenSplit* split = plan.has(objective.spec.role) ? &plan.split(objective.spec.role) : nullptr;
    at::Tensor target;
    {
        const at::NoGradGuard noGrad;
        target = objective.target->compute({findView(views, pass.view), targetFeatures, &signals});
        if (target.size(0) != features.tokens.size(0)) target = target.repeat_interleave(plan.copies(), 0);
        target = target.dim() == 2 ? chooseRows(target.unsqueeze(-1), split, objective.rows).squeeze(-1) : chooseRows(target, split, objective.rows);
    }
    ObjectiveResult outcome{
        objective.spec.name,
        objective.head->forward(features, split, objective.rows),
        target,
        rowWeights(split, objective.rows, hidesEdges(objective.spec.role) ? features.geometry.edgeValid : features.geometry.valid),
        {}};
    outcome.loss = objective.loss->compute({outcome.prediction, outcome.target, outcome.weight});
    return outcome;
}

MethodResult Method::run(const std::vector<View>& views, const MaskPlan& plan, const Signals& signals, const std::vector<std::string>& objectives) {
    MethodResult result;
    for (Objective& objective : objectives_) {
        if (!objectives.empty() && std::find(objectives.begin(), objectives.end(), objective.spec.name) == objectives.end()) continue;
        result.objectives.push_back(runObjective(objective, views, plan, signals, result));
        const at::Tensor weighted = result.objectives.back().loss * objective.spec.weight;
        result.loss = result.loss.defined() ? result.loss + weighted : weighted;
    }
    return result;
}

Features Method::features(const View& view, const MaskPlan& plan, const Taps& taps) {
    const PassSpec& pass = spec_.passes.front();
    const Corruption corruption = plan.masks().empty() ? Corruption{} : pass.corruption;
    return networks_.at(pass.network)->forward(view, plan, corruption, taps);
}

Features Method::headFeatures(const View& view, const MaskPlan& plan, const Taps& taps) {
    Objective* shown = shownObjective();
    if (shown == nullptr) throw UsageError(fmt::format("recipe '{}' has no head to look into", spec_.id));
    const TokenSplit* split = plan.has(shown->spec.role) ? &plan.split(shown->spec.role) : nullptr;
    return shown->head->look(runPass(spec_.pass(shown->spec.pass), view, plan), split, taps);
}

bool Method::paintsHidden(const Objective& objective) const {
    return objective.target->hasPixels() && spec_.pass(objective.spec.pass).corruption.kind != CorruptionKind::None;
}

bool Method::predictsPixels() const {
    return std::any_of(objectives_.begin(), objectives_.end(), [this](const Objective& objective) { return paintsHidden(objective); });
}

const Method::Objective& Method::objective(const std::string& name) const {
    for (const Objective& candidate : objectives_)
        if (candidate.spec.name == name) return candidate;
    throw RecipeError(fmt::format("recipe '{}' has no objective '{}'", spec_.id, name));
}

at::Tensor Method::lossOf(const std::string& name, const LossInput& input) const { return objective(name).loss->compute(input); }
bool Method::predictsCodes(const std::string& name) const { return objective(name).target->isCodes(); }

Method::Objective* Method::shownObjective() {
    const auto first = [&](auto fits) {
        const auto found = std::find_if(objectives_.begin(), objectives_.end(), fits);
        return found == objectives_.end() ? nullptr : &*found;
    };
    const auto ofTokens = [&](const Objective& o) { return !hidesEdges(o.spec.role); };
    if (Objective* pixels = first([this](const Objective& o) { return paintsHidden(o); })) return pixels;
    if (Objective* codes = first([&](const Objective& o) { return o.target->isCodes() && ofTokens(o); })) return codes;
    return first(ofTokens);
}

void Method::addEdges(Prediction& answer, const std::string& pass, const Features& features, const MaskPlan& plan) {
    for (Objective& objective : objectives_) {
        const std::string& role = objective.spec.role;
        if (answer.edgeValues.defined() || objective.spec.pass != pass || !hidesEdges(role) || !plan.has(role)) continue;
        answer.hiddenEdges = plan.mask(role).hidden;
        answer.edgeValues = objective.head->forward(features, &plan.split(role), TokenChoice::All);
        answer.edgeCodes = objective.target->isCodes();
    }
}

std::optional<at::Tensor> Method::paintCodes(const Objective& guessing, const View& view, const at::Tensor& hidden, const at::Tensor& logits) {
    if (guessing.spec.targetPass.empty() || !guessing.target->isCodes() || logits.size(0) != view.batch()) return std::nullopt;
    const PassSpec& tokenizing = spec_.pass(guessing.spec.targetPass);
    const auto painter = std::find_if(objectives_.begin(), objectives_.end(), [&](const Objective& o) {
        return o.target->hasPixels() && spec_.pass(o.spec.pass).network == tokenizing.network;
    });
    if (painter == objectives_.end()) return std::nullopt;
    const ImageInput& input = spec_.input.image("codes that are painted");
    View visible = view;
    visible.tensors["pixels"] = view.pixels().masked_fill(patchesToPixels(hidden, input).gt(0.5), 0.0);
    Features codes = runPass(tokenizing, visible, MaskPlan());
    codes.tokens = at::where(hidden.gt(0.5).unsqueeze(-1), logits, codes.tokens);
    const at::Tensor painted = painter->head->forward(codes, nullptr, TokenChoice::All);
    return unpatchify(*painter->target->toUnitPixels(painted, view, hidden, PatchStatistics::Visible), input);
}

std::optional<Prediction> Method::predict(const View& view, const MaskPlan& plan, const MethodResult* done) {
    Objective* shown = shownObjective();
    if (shown == nullptr) return std::nullopt;
    const PassSpec& pass = spec_.pass(shown->spec.pass);
    const auto known = done != nullptr ? done->passes.find(pass.id) : std::map<std::string, Features>::const_iterator();
    const Features features = done != nullptr && known != done->passes.end() ? known->second : runPass(pass, view, plan);
    if (features.dropped && !shown->head->restoresDropped()) return std::nullopt;
    const TokenSplit* split = plan.has(shown->spec.role) ? &plan.split(shown->spec.role) : nullptr;
    Prediction answer{.objective = shown->spec.name,
                      .values = shown->head->forward(features, split, TokenChoice::All),
                      .codes = shown->target->isCodes(),
                      .visibleLearned = shown->rows != TokenChoice::Hidden,
                      .seen = features.seen};
    addEdges(answer, pass.id, features, plan);
    const at::Tensor hidden = split != nullptr ? plan.mask(shown->spec.role).hidden : firstHidden(view, plan);
    if (!shown->target->hasPixels()) {
        answer.pixels = paintCodes(*shown, view, hidden, answer.values);
        return answer;
    }
    const ImageInput& input = spec_.input.image("a prediction of pixels");
    const auto pixels = [&](PatchStatistics statistics) {
        return unpatchify(*shown->target->toUnitPixels(answer.values, view, hidden, statistics), input);
    };
    answer.pixels = pixels(PatchStatistics::Visible);
    if (shown->target->usesPatchStatistics()) answer.leaking = pixels(PatchStatistics::True);
    return answer;
}

NamedTensors Method::networkParameters(const std::string& id) const {
    NamedTensors parameters;
    for (const auto& item : networks_.at(id)->named_parameters()) parameters.emplace_back(item.key(), item.value());
    return parameters;
}

NamedTensors Method::trainable(const UpdateSpec& update) const {
    NamedTensors parameters;
    const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
        for (const auto& item : module.named_parameters())
            if (item.value().requires_grad()) parameters.emplace_back(prefix + "." + item.key(), item.value());
    };
    for (const std::string& id : update.networks) add(id, *networks_.at(id));
    for (const Objective& objective : objectives_)
        if (std::find(update.objectives.begin(), update.objectives.end(), objective.spec.name) != update.objectives.end())
            add("head_" + objective.spec.name, *objective.head);
    return parameters;
}

std::pair<std::int64_t, std::int64_t> Method::layerOf(const std::string& parameterName) const {
    for (const auto& [id, network] : networks_)
        if (parameterName.compare(0, id.size() + 1, id + ".") == 0)
            return {network->layerOf(parameterName.substr(id.size() + 1)), network->depth() + 1};
    const std::int64_t deepest = networks_.at(spec_.passes.front().network)->depth() + 1;
    return {deepest, deepest};
}

NamedTensors Method::namedState() const {
    NamedTensors state;
    for (const auto& item : named_parameters()) state.emplace_back(item.key(), item.value());
    for (const auto& item : named_buffers()) state.emplace_back(item.key(), item.value());
    return state;
}

std::int64_t Method::parameterCount() const {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : parameters()) count += parameter.numel();
    return count;
}

bool Method::acrossBatch() const {
    return std::any_of(objectives_.begin(), objectives_.end(), [](const Objective& objective) { return objective.loss->acrossBatch(); });
}

}  // namespace maskscope
