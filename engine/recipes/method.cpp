#include "recipes/method.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/initialization.h"
#include "media/token_colors.h"
#include "recipes/evaluation_views.h"
#include "recipes/mask_noise.h"
#include "recipes/mask_places.h"
#include "recipes/mixture.h"
#include "recipes/occlusion.h"
#include "tensor/frequencies.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

TokenChoice tokenChoice(const std::string& on) {
    return on == "hidden" ? TokenChoice::Hidden : on == "visible" ? TokenChoice::Visible : on == "class" ? TokenChoice::Class : TokenChoice::All;
}

/// Losses of rows at the places of their tokens, 0 elsewhere. @param rows [B, R] @return [B, N, 1]
at::Tensor tokenLosses(const at::Tensor& rows, const TokenSplit* split, TokenChoice choice) {
    if (split == nullptr || choice == TokenChoice::All) return rows.unsqueeze(-1);
    const at::Tensor& places = choice == TokenChoice::Hidden ? split->hidden : split->visible;
    const at::Tensor& real = choice == TokenChoice::Hidden ? split->hiddenReal : split->visibleReal;
    const at::Tensor counted = real.defined() ? rows.mul(real) : rows;
    return at::zeros({rows.size(0), split->tokens}, rows.options()).scatter_add_(1, places, counted).unsqueeze(-1);
}

bool contains(const std::vector<std::string>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

/// The beginning of the names of signals in which an objective's loss keeps what it remembers.
std::string memoryPrefix(const std::string& objective) { return fmt::format("loss/{}/", objective); }

/// [B, R] float weights that switch padding off; undefined where there is none.
at::Tensor rowWeights(const TokenSplit* split, TokenChoice rows, const at::Tensor& valid) {
    if (rows == TokenChoice::Class) return {};
    if (split == nullptr || rows == TokenChoice::All) return valid.defined() ? valid.to(at::kFloat) : at::Tensor();
    const at::Tensor& real = rows == TokenChoice::Hidden ? split->hiddenReal : split->visibleReal;
    return real.defined() ? real.to(at::kFloat) : at::Tensor();
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
    for (const bool ofCodes : {false, true})  // who reads codes must know how many its tokenizer has
        for (const NetworkSpec& network : spec_.networks) {
            if (readsCodes(network) != ofCodes) continue;
            const std::string path = spec_.networks.size() == 1 && network.id == "encoder" ? "encoder" : "network." + network.id;
            networks_[network.id] = register_module(network.id, components.encoders.make(network.component, path, "kind", inputOf(network)));
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
        const TargetContext targetContext{spec_.input, spec.targetPass.empty() ? 0 : networks_.at(spec_.pass(spec.targetPass).network)->width()};
        Objective objective{.spec = spec,
                            .rows = tokenChoice(spec.on),
                            .target = components.targets.make(spec.target, path + ".target", "kind", targetContext),
                            .head = nullptr,
                            .teacherHead = nullptr,
                            .loss = components.losses.make(spec.loss, path + ".loss", "kind")};
        addHeads(objective, components, path, seed);
        checkObjective(objective);
        objectives_.push_back(std::move(objective));
    }
}

/// The objective's head, its own or another's, and the teacher's where the target goes through one.
void Method::addHeads(Objective& objective, const Components& components, const std::string& path, std::uint64_t seed) {
    const ObjectiveSpec& spec = objective.spec;
    Encoder& encoder = *networks_.at(spec_.pass(spec.pass).network);
    if (!objective.ownsHead()) {
        const auto owner = std::find_if(objectives_.begin(), objectives_.end(), [&](const Objective& o) { return o.spec.name == spec.headOf; });
        if (owner == objectives_.end() || !owner->ownsHead() || owner->target->goesThroughHead() != objective.target->goesThroughHead())
            throw RecipeError(fmt::format(
                "objective '{}' shares the head of '{}', which must come before it, have a head of its own, and a target of the same kind", spec.name,
                spec.headOf));
        objective.head = owner->head;
        objective.teacherHead = owner->teacherHead;
        return;
    }
    const HeadContext context{spec_.input, encoder.width(), objective.target->width(), encoder.mapWidths()};
    const auto add = [&](const std::string& name) {
        const std::shared_ptr<Head> head = register_module(name, components.heads.make(spec.head, path + ".head", "kind", context));
        initializeParameters(*head, encoder.initialization(), hashCombine(seed, hashText("head_" + spec.name)));
        return head;
    };
    objective.head = add("head_" + spec.name);
    const NetworkSpec* teacher = teacherOf(objective);
    if (teacher == nullptr) return;
    if (teacher->emaOf.empty()) {
        objective.teacherHead = objective.head;
        return;
    }
    objective.teacherHead = add("teacher_head_" + spec.name);
    for (at::Tensor& parameter : objective.teacherHead->parameters()) parameter.requires_grad_(false);
}

/// The network whose features go through the teacher's head of an objective, for its target or for a signal; null: there is none.
const NetworkSpec* Method::teacherOf(const Objective& objective) const {
    if (objective.target->goesThroughHead()) return &network(spec_.pass(objective.spec.targetPass).network);
    for (const SignalSpec& signal : spec_.signals)
        if (signal.objective == objective.spec.name) return &network(spec_.pass(signal.pass).network);
    return nullptr;
}

const NetworkSpec& Method::network(const std::string& id) const {
    return *std::find_if(spec_.networks.begin(), spec_.networks.end(), [&](const NetworkSpec& each) { return each.id == id; });
}

bool Method::readsCodes(const NetworkSpec& network) const {
    const auto mine = [&](const PassSpec& pass) { return pass.network == network.id || pass.network == network.emaOf; };
    return std::any_of(spec_.passes.begin(), spec_.passes.end(), [&](const PassSpec& pass) { return mine(pass) && !pass.codesOf.empty(); });
}

/// What a network is made for: the recipe's input, or the codes of its tokenizer.
InputSpec Method::inputOf(const NetworkSpec& network) const {
    std::optional<InputSpec> input;
    for (const PassSpec& pass : spec_.passes) {
        if (pass.codesOf.empty() || (pass.network != network.id && pass.network != network.emaOf)) continue;
        const auto tokenizer = networks_.find(spec_.pass(pass.codesOf).network);
        if (tokenizer == networks_.end())
            throw RecipeError(fmt::format("pass '{}' reads the codes of a network that reads codes itself; name the pass of a tokenizer", pass.id));
        input = InputSpec{TextInput::codes(tokenizer->second->width(), spec_.input.image("a pass that reads codes").patches())};
    }
    return input.value_or(spec_.input);
}

void Method::checkPass(const PassSpec& pass) {
    if ((pass.corruption.kind == CorruptionKind::Filter) != (spaceOf(pass.corruption.role) == MaskSpace::Frequency))
        throw RecipeError(fmt::format("pass '{}': the corruption 'filter' and a mask with space = \"frequency\" need each other", pass.id));
    if (pass.corruption.kind == CorruptionKind::Filter) return;  // the view is filtered before the encoder sees it
    Encoder& encoder = *networks_.at(pass.network);
    const Value* kind = network(pass.network).component.find("kind");
    if (!encoder.honours(pass.corruption))
        throw RecipeError(fmt::format("encoder '{}' cannot honour the corruption '{}' at the {}; choose another encoder or corruption",
                                      kind->asString(), corruptionName(pass.corruption.kind), corruptionName(pass.corruption.place)));
    if (pass.corruption.kind != CorruptionKind::None && spec_.masks.empty())
        throw RecipeError(fmt::format("pass '{}' hides what a mask says, but the recipe has no [mask]", pass.id));
    if (!pass.maskedBy.empty()) checkOccluder(pass);
    encoder.prepare(pass.corruption);
}

void Method::checkOccluder(const PassSpec& pass) const {
    const PassSpec& occluder = spec_.pass(pass.maskedBy);
    const std::int64_t masks = networks_.at(occluder.network)->width();
    if (pass.corruption.kind != CorruptionKind::Zero || pass.corruption.place != CorruptionPlace::Input)
        throw RecipeError(
            fmt::format("pass '{}' is masked by '{}', whose masks are soft: its corruption is '{}' at the {}, expected 'zero' at the input", pass.id,
                        pass.maskedBy, corruptionName(pass.corruption.kind), corruptionName(pass.corruption.place)));
    if (!occluder.maskedBy.empty() || occluder.corruption.kind != CorruptionKind::None || occluder.view != pass.view)
        throw RecipeError(fmt::format("pass '{}' is masked by '{}', which must see all of the same view", pass.id, pass.maskedBy));
    if (masks != spec_.maskCopies)
        throw RecipeError(fmt::format("pass '{}' is masked by '{}', which draws {} masks a sample, but the recipe has {}; set mask.copies = {}",
                                      pass.id, pass.maskedBy, masks, spec_.maskCopies, masks));
}

bool Method::drawsMasks(const std::string& pass) const {
    return std::any_of(spec_.passes.begin(), spec_.passes.end(), [&](const PassSpec& each) { return each.maskedBy == pass; });
}

void Method::checkObjective(const Objective& objective) const {
    const ObjectiveSpec& spec = objective.spec;
    const CorruptionKind corruption = spec_.pass(spec.pass).corruption.kind;
    const auto kindOf = [](const Value& table) { return table.find("kind")->asString(); };
    const bool dropped = spec_.pass(spec.pass).corruption.leavesOut() || corruption == CorruptionKind::Mix,
               asksClass = objective.rows == TokenChoice::Class;
    if (dropped && objective.rows != TokenChoice::Visible && !asksClass && !objective.head->restoresDropped())
        throw RecipeError(fmt::format(
            "objective '{}': the encoder drops hidden tokens, and head '{}' cannot restore them; choose head '{}', "
            "or an encoder with sees = \"all\"",
            spec.name, objective.ownsHead() ? kindOf(spec.head) : spec.headOf, corruption == CorruptionKind::Sparse ? "convnext" : "transformer"));
    if (objective.target->isCodes() != objective.loss->comparesCodes())
        throw RecipeError(fmt::format("objective '{}': target '{}' gives {}, but loss '{}' compares {}; choose another loss", spec.name,
                                      kindOf(spec.target), objective.target->isCodes() ? "codes" : "vectors", kindOf(spec.loss),
                                      objective.loss->comparesCodes() ? "codes" : "vectors"));
    if (asksClass && !objective.target->describesSamples())
        throw RecipeError(
            fmt::format("objective '{}' compares whole samples (on = \"class\"), but target '{}' describes tokens alone; choose target "
                        "'feature' with the pass of a teacher",
                        spec.name, kindOf(spec.target)));
    if (spec_.masks.empty() && objective.rows != TokenChoice::All && !asksClass)
        throw RecipeError(fmt::format("objective '{}' counts {} tokens, but the recipe has no [mask]", spec.name, spec.on));
}

bool Method::drawsChances(const std::string& role) const {
    return std::any_of(spec_.passes.begin(), spec_.passes.end(),
                       [&](const PassSpec& pass) { return pass.corruption.role == role && pass.corruption.drawsChances(); });
}

/// What the mask of a role hides; masks that strategies name themselves hide tokens.
MaskSpace Method::spaceOf(const std::string& role) const {
    const auto found = std::find_if(spec_.masks.begin(), spec_.masks.end(), [&](const MaskSpec& mask) { return mask.role == role; });
    return found == spec_.masks.end() ? MaskSpace::Token : found->space;
}

MaskPlan Method::drawMasks(const std::vector<View>& views, const Signals& signals, const MaskDraw& draw) const {
    MaskPlan plan(spec_.maskCopies);
    for (std::size_t i = 0; i < masks_.size(); ++i) {
        const MaskSpec& spec = spec_.masks[i];
        const View& view = findView(views, spec.view);
        const Geometry geometry = maskedGeometry(spec, spec_.input, view);
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
            if (spec.space == MaskSpace::Frequency) mask.hidden = withMirrored(mask.hidden, geometry.shape[0], geometry.shape[1]);
            mask.hidden = mask.hidden.to(view.device());
            if (drawsChances(mask.role)) mask.chance = drawChances(rows, mask.hidden.size(1)).to(view.device());
            const at::Tensor& valid = geometry.valid;
            plan.add(std::move(mask), valid.defined() && spec_.maskCopies > 1 ? valid.repeat_interleave(spec_.maskCopies, 0) : valid);
        }
    }
    return plan;
}

Signals Method::lookAhead(const std::vector<View>& views, const Signals& signals) const {
    Signals seen = signals;
    if (spec_.signals.empty()) return seen;
    const at::NoGradGuard noGrad;
    for (const SignalSpec& spec : spec_.signals) {
        const PassSpec& pass = spec_.pass(spec.pass);
        const View& view = findView(views, pass.view);
        const Features features = networks_.at(pass.network)->forward(view, MaskPlan(), {}, {.attentions = spec.take == "attention"});
        at::Tensor values;
        if (spec.take == "attention") {
            if (features.prefixCount() == 0 || features.attentions.empty())
                throw ShapeError(fmt::format("signal '{}' takes the attention of a class token, and network '{}' has none; set its cls = true",
                                             spec.name, pass.network));
            values = features.attentions.back().select(2, 0).mean(1).narrow(1, features.prefixCount(), view.geometry.tokens());
        } else {
            const Objective& source = objective(spec.objective);
            values = (source.teacherHead ? source.teacherHead : source.head)->forward(features, nullptr, TokenChoice::All).squeeze(-1);
        }
        seen.write(spec.name, values.to(at::kCPU, at::kFloat).contiguous(), 0);
    }
    return seen;
}

Signals Method::blindSignals(const std::vector<View>& views, const Signals& signals, const MaskDraw& draw) const {
    return maskscope::blindSignals(spec_, views, signals, draw);
}

/// What the network of a pass gets to see of a view: the view itself, or what another part of the method made of it.
View Method::seenBy(const PassSpec& pass, const View& view, const MaskPlan& plan, MethodResult& result) {
    View seen = view;
    if (!pass.codesOf.empty()) seen.tensors = {{"tokens", passFeatures(pass.codesOf, view, plan, result).tokens.argmax(-1)}};
    if (!pass.paintedBy.empty()) {
        Objective& painter = objective(pass.paintedBy);
        const ImageInput& input = spec_.input.image("a pass that sees a painting");
        const auto painted =
            painter.target->toUnitPixels(answerOf(painter, view, plan, result), view, firstHidden(view, plan), PatchStatistics::Visible);
        if (!painted)
            throw RecipeError(fmt::format("pass '{}' sees what objective '{}' paints, but its target is no pixels", pass.id, pass.paintedBy));
        seen.tensors["pixels"] = fromUnitPixels(unpatchify(*painted, input), input);
    }
    if (pass.corruption.kind == CorruptionKind::Filter) {
        const ImageInput& input = spec_.input.image("a mask of frequencies");
        seen.tensors["pixels"] = fromUnitPixels(filteredPicture(seen.pixels(), plan.mask(pass.corruption.role).hidden, input), input);
    }
    return seen;
}

Features Method::runPass(const PassSpec& pass, const View& view, const MaskPlan& plan, MethodResult& result) {
    const bool frozen = !pass.gradient;
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && !frozen);
    const bool filtered = pass.corruption.kind == CorruptionKind::Filter;
    if (!pass.maskedBy.empty() && is_training()) {
        const MaskPlan drawn = occlusionPlan(passFeatures(pass.maskedBy, view, plan, result), pass.corruption.role, view);
        return networks_.at(pass.network)->forward(seenBy(pass, view, plan, result), drawn, pass.corruption, pass.taps);
    }
    return networks_.at(pass.network)->forward(seenBy(pass, view, plan, result), plan, filtered ? Corruption{} : pass.corruption, pass.taps);
}

/// The features of a pass over its view, run once.
const Features& Method::passFeatures(const std::string& id, const View& view, const MaskPlan& plan, MethodResult& result) {
    if (const auto known = result.passes.find(id); known != result.passes.end()) return known->second;
    return result.passes[id] = runPass(spec_.pass(id), view, plan, result);
}

/// What an objective's head says about all tokens, asked once.
const at::Tensor& Method::answerOf(Objective& objective, const View& view, const MaskPlan& plan, MethodResult& result) {
    if (const auto known = result.answers.find(objective.spec.name); known != result.answers.end()) return known->second;
    const Features& features = passFeatures(objective.spec.pass, view, plan, result);
    const TokenSplit* split = plan.findSplit(objective.spec.role);
    return result.answers[objective.spec.name] =
               objective.head->forward(ofOneSample(features, spec_.pass(objective.spec.pass).corruption, split), split, TokenChoice::All);
}

/// What the head's answer for these rows is compared with. @param batch  rows of the prediction: samples times their masks
at::Tensor Method::targetRows(const Objective& objective, const TargetSources& sources, const MaskPlan& plan, std::int64_t batch,
                              TokenChoice rows) const {
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && objective.target->passesGradient());
    const TokenSplit* split = plan.findSplit(objective.spec.role);
    at::Tensor target = objective.target->compute(sources);
    if (target.size(0) != batch) target = target.repeat_interleave(plan.copies(), 0);
    if (split != nullptr)
        if (const at::Tensor owners = ownersOf(plan.mask(objective.spec.role)); owners.defined()) target = target.index_select(0, owners);
    if (objective.target->goesThroughHead()) {
        Features seen;
        (sources.ofSample ? seen.prefix : seen.tokens) = target;
        return objective.teacherHead->forward(seen, split, rows);
    }
    if (sources.ofSample) return target;
    return target.dim() == 2 ? chooseRows(target.unsqueeze(-1), split, rows).squeeze(-1) : chooseRows(target, split, rows);
}

ObjectiveResult Method::runObjective(Objective& objective, const std::vector<View>& views, const MaskPlan& plan, const Signals& signals,
                                     MethodResult& result) {
    const ObjectiveSpec& spec = objective.spec;
    const View& view = findView(views, spec_.pass(spec.pass).view);
    const Features& features = passFeatures(spec.pass, view, plan, result);
    const Features* targetFeatures =
        spec.targetPass.empty() ? nullptr : &passFeatures(spec.targetPass, findView(views, spec_.pass(spec.targetPass).view), plan, result);
    const TokenSplit* split = plan.findSplit(spec.role);
    const TargetSources sources{view, targetFeatures, &signals, &result.losses, objective.rows == TokenChoice::Class};
    ObjectiveResult outcome{
        spec.name,
        objective.rows == TokenChoice::All
            ? answerOf(objective, view, plan, result)
            : objective.head->forward(ofOneSample(features, spec_.pass(spec.pass).corruption, split), split, objective.rows),
        targetRows(objective, sources, plan, features.tokens.size(0), objective.rows),
        rowWeights(split, objective.rows, spaceOf(spec.role) == MaskSpace::Edge ? features.geometry.edgeValid : features.geometry.valid),
        {}};
    const LossMemory memory = memoryOf(spec.name, signals);
    const LossInput input{outcome.prediction, outcome.target, outcome.weight, &memory, plan.copies()};
    outcome.loss = objective.loss->compute(input);
    if (readsLosses(spec.name)) result.losses[spec.name] = tokenLosses(objective.loss->ofRows(input).detach(), split, objective.rows);
    return outcome;
}

bool Method::readsLosses(const std::string& source) const {
    return std::any_of(objectives_.begin(), objectives_.end(), [&](const Objective& o) { return o.target->lossesOf() == source; });
}

LossMemory Method::memoryOf(const std::string& name, const Signals& signals) const {
    LossMemory memory;
    if (!objective(name).loss->remembers()) return memory;
    const std::string prefix = memoryPrefix(name);
    for (const auto& [signal, content] : signals.all())
        if (signal.compare(0, prefix.size(), prefix) == 0) memory[signal.substr(prefix.size())] = content.value;
    return memory;
}

NamedTensors Method::remember(const MethodResult& result, const Signals& signals) const {
    NamedTensors remembered;
    for (const ObjectiveResult& outcome : result.objectives) {
        const Loss& loss = *objective(outcome.name).loss;
        if (!loss.remembers()) continue;
        const LossMemory before = memoryOf(outcome.name, signals);
        for (const auto& [key, value] : loss.remember({outcome.prediction.detach(), outcome.target, outcome.weight, &before}))
            remembered.emplace_back(memoryPrefix(outcome.name) + key, value);
    }
    return remembered;
}

/// The ratio of the lengths of two losses' gradients at the last layer of a painter (Esser et al., Taming Transformers, CVPR 2021, Eq. 7).
std::optional<at::Tensor> Method::balanceOf(const Objective& subject, const at::Tensor& loss, const MethodResult& result) const {
    constexpr double kEpsilon = 1e-6, kMost = 1e4;
    const auto other = std::find_if(result.objectives.begin(), result.objectives.end(),
                                    [&](const ObjectiveResult& outcome) { return outcome.name == subject.spec.balance; });
    if (!loss.requires_grad() || other == result.objectives.end()) return std::nullopt;
    at::Tensor lastLayer;
    for (const at::Tensor& parameter : objective(subject.spec.balance).head->parameters())
        if (parameter.dim() > 1 && parameter.requires_grad()) lastLayer = parameter;
    if (!lastLayer.defined()) return std::nullopt;
    const auto length = [&](const at::Tensor& scalar) {
        const at::Tensor gradient = torch::autograd::grad({scalar}, {lastLayer}, {}, /*retain_graph=*/true, /*create_graph=*/false,
                                                          /*allow_unused=*/true)[0];
        if (!gradient.defined())
            throw RecipeError(fmt::format("objective '{}' is balanced against '{}', whose head it does not go through; leave its balance out",
                                          subject.spec.name, subject.spec.balance));
        return gradient.norm();
    };
    return length(other->loss).div(length(loss) + kEpsilon).clamp_max(kMost);
}

MethodResult Method::run(const std::vector<View>& views, const MaskPlan& plan, const Signals& signals, const std::vector<std::string>& objectives) {
    MethodResult result;
    for (Objective& objective : objectives_) {
        if (!objectives.empty() && std::find(objectives.begin(), objectives.end(), objective.spec.name) == objectives.end()) continue;
        result.objectives.push_back(runObjective(objective, views, plan, signals, result));
        const at::Tensor& loss = result.objectives.back().loss;
        at::Tensor weighted = loss * objective.spec.weight;
        if (const std::optional<at::Tensor> balance = balanceOf(objective, loss, result)) weighted = weighted * *balance;
        result.loss = result.loss.defined() ? result.loss + weighted : weighted;
    }
    return result;
}

Features Method::features(const View& view, const MaskPlan& plan, const Taps& taps) {
    PassSpec pass = spec_.passes.front();
    MethodResult result;
    if (plan.masks().empty()) pass.corruption = {};
    pass.taps = taps;
    return runPass(pass, view, plan, result);
}

const Method::Objective& Method::objective(const std::string& name) const {
    for (const Objective& candidate : objectives_)
        if (candidate.spec.name == name) return candidate;
    throw RecipeError(fmt::format("recipe '{}' has no objective '{}'", spec_.id, name));
}

Method::Objective& Method::objective(const std::string& name) { return const_cast<Objective&>(std::as_const(*this).objective(name)); }

const Loss& Method::lossOf(const std::string& name) const { return *objective(name).loss; }

NamedTensors Method::networkParameters(const std::string& id) const {
    NamedTensors parameters;
    for (const auto& item : networks_.at(id)->named_parameters()) parameters.emplace_back(item.key(), item.value());
    return parameters;
}

at::Tensor Method::lowered(const UpdateSpec& update, const MethodResult& result) const {
    at::Tensor sum = result.loss * update.sign;
    for (const ObjectiveResult& outcome : result.objectives)
        if (contains(update.penalties, outcome.name)) sum = sum + outcome.loss * (objective(outcome.name).spec.weight * (1.0 - update.sign));
    return sum;
}

/// An adversary that goes by an objective leaves its head to those who train the network that the head reads.
bool Method::movesHeadsOf(const UpdateSpec& update, const Objective& objective) const {
    const std::string& read = spec_.pass(objective.spec.pass).network;
    const bool isTrained =
        std::any_of(spec_.updates.begin(), spec_.updates.end(), [&](const UpdateSpec& each) { return contains(each.networks, read); });
    return contains(update.allObjectives(), objective.spec.name) && (contains(update.networks, read) || !isTrained);
}

NamedTensors Method::trainable(const UpdateSpec& update) const {
    NamedTensors parameters;
    const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
        for (const auto& item : module.named_parameters())
            if (item.value().requires_grad()) parameters.emplace_back(prefix + "." + item.key(), item.value());
    };
    for (const std::string& id : update.networks) add(id, *networks_.at(id));
    for (const Objective& owner : objectives_) {
        const auto uses = [&](const Objective& o) { return o.head == owner.head && movesHeadsOf(update, o); };
        if (owner.ownsHead() && std::any_of(objectives_.begin(), objectives_.end(), uses)) add("head_" + owner.spec.name, *owner.head);
    }
    return parameters;
}

std::vector<Follower> Method::followers() const {
    std::vector<Follower> followers;
    for (const NetworkSpec& network : spec_.networks) {
        if (network.emaOf.empty()) continue;
        Follower follower{{}, networkParameters(network.id), network.momentum, network.momentumEnd};
        const NamedTensors online = networkParameters(network.emaOf);
        for (const auto& [name, average] : follower.average)  // a mask token that only the student needs has no follower
            for (const auto& [other, tensor] : online)
                if (other == name) follower.online.emplace_back(other, tensor);
        followers.push_back(std::move(follower));
    }
    for (const Objective& objective : objectives_) {
        if (!objective.ownsHead() || !objective.teacherHead || objective.teacherHead == objective.head) continue;
        const NetworkSpec& teacher = *teacherOf(objective);
        Follower averaged{{}, {}, teacher.momentum, teacher.momentumEnd}, copied;  // momentum 0 copies
        const auto online = objective.head->named_parameters(), average = objective.teacherHead->named_parameters();
        for (const auto& item : online) {
            Follower& follower = objective.head->isAveraged(item.key()) ? averaged : copied;
            follower.online.emplace_back(item.key(), item.value());
            follower.average.emplace_back(item.key(), average[item.key()]);
        }
        followers.push_back(std::move(averaged));
        if (!copied.online.empty()) followers.push_back(std::move(copied));
    }
    return followers;
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
