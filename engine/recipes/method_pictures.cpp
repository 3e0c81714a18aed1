#include "recipes/method.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "media/token_colors.h"
#include "recipes/evaluation_views.h"
#include "recipes/mixture.h"
#include "recipes/occlusion.h"
#include "tensor/frequencies.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

/// Codes as logits over as many as the tokenizer has: what is said of them leaves no doubt. @return [B, N, V]
at::Tensor asLogits(const at::Tensor& codes, const Features& tokenizer) {
    return at::one_hot(codes, tokenizer.width()).to(tokenizer.tokens.scalar_type());
}

/// Pixels in [-1, 1] as colours in 0..1.
at::Tensor asColors(const at::Tensor& unitPixels) { return unitPixels.add(1.0).mul(0.5).clamp(0.0, 1.0); }

}  // namespace

Features Method::headFeatures(const View& view, const MaskPlan& plan, const Taps& taps) {
    Objective* shown = shownObjective();
    if (shown == nullptr) throw UsageError(fmt::format("recipe '{}' has no head to look into", spec_.id));
    MethodResult result;
    const TokenSplit* split = plan.findSplit(shown->spec.role);
    return shown->head->look(ofOneSample(passFeatures(shown->spec.pass, view, plan, result), spec_.pass(shown->spec.pass).corruption, split), split,
                             taps);
}

bool Method::paintsHidden(const Objective& objective) const {
    const CorruptionKind corruption = spec_.pass(objective.spec.pass).corruption.kind;
    return objective.target->hasPixels() && corruption != CorruptionKind::None && corruption != CorruptionKind::Filter;
}

bool Method::predictsPixels() const {
    return std::any_of(objectives_.begin(), objectives_.end(), [this](const Objective& objective) { return paintsHidden(objective); });
}

Method::Objective* Method::shownObjective() {
    const auto first = [&](auto fits) {
        const auto found = std::find_if(objectives_.begin(), objectives_.end(), fits);
        return found == objectives_.end() ? nullptr : &*found;
    };
    const auto ofTokens = [&](const Objective& o) {
        return spaceOf(o.spec.role) != MaskSpace::Edge && o.rows != TokenChoice::Class && !drawsMasks(o.spec.pass);
    };
    if (Objective* pixels = first([this](const Objective& o) { return paintsHidden(o); })) return pixels;
    if (Objective* codes = first([&](const Objective& o) { return o.target->isCodes() && ofTokens(o); })) return codes;
    return first(ofTokens);
}

void Method::addEdges(Prediction& answer, const std::string& pass, const Features& features, const MaskPlan& plan) {
    for (Objective& objective : objectives_) {
        const std::string& role = objective.spec.role;
        if (answer.edgeValues.defined() || objective.spec.pass != pass || spaceOf(role) != MaskSpace::Edge || !plan.has(role)) continue;
        answer.hiddenEdges = plan.mask(role).hidden;
        answer.edgeValues = objective.head->forward(features, &plan.split(role), TokenChoice::All);
        answer.edgeCodes = objective.target->isCodes();
    }
}

namespace {

/// What strategies chose by, a map each.
void addMaps(Prediction& answer, const View& view, const MaskPlan& plan) {
    if (view.geometry.kind != GeometryKind::Grid || view.geometry.shape.size() != 2) return;
    const std::int64_t rows = view.geometry.shape[0], columns = view.geometry.shape[1];
    for (const Mask& mask : plan.masks())
        for (const auto& [name, values] : mask.extras)
            if (values.dim() == 2 && values.size(1) == rows * columns)
                answer.depictions.push_back({name, valueColors(values, rows, columns, values.min().item<double>(), values.max().item<double>())});
}

}  // namespace

/// What the target looks like where it is no pixels, and what the head makes of it.
void Method::addPictures(Prediction& answer, const Objective& shown, const View& view, const MaskPlan& plan, MethodResult& result) {
    if (shown.target->hasPixels() || spec_.input.ifImage() == nullptr) return;
    const Features* targetFeatures = shown.spec.targetPass.empty() ? nullptr : &passFeatures(shown.spec.targetPass, view, plan, result);
    const at::Tensor target = targetRows(shown, {view, targetFeatures, nullptr, nullptr, false}, plan, answer.values.size(0), TokenChoice::All);
    Objective* painter = painterOf(shown);
    const std::optional<at::Tensor> palette = painter != nullptr ? colorsOfCodes(*painter, view, *targetFeatures) : std::nullopt;
    const auto inColors = [&](const at::Tensor& codes) { return paletteColors(codes, *palette, view.geometry.shape[0], view.geometry.shape[1]); };
    TargetPictures pictures =
        palette ? TargetPictures{inColors(target), inColors(answer.values.argmax(-1))} : shown.target->depict(target, answer.values, view.geometry);
    if (!pictures.prediction.defined()) return;
    answer.colors = std::move(pictures.prediction);
    answer.depictions.push_back({"target", std::move(pictures.target)});
}

/// The objective that learned to paint the codes which another one guesses; null: there is none.
Method::Objective* Method::painterOf(const Objective& guessing) {
    if (guessing.spec.targetPass.empty() || !guessing.target->isCodes()) return nullptr;
    const std::string& tokenizer = spec_.pass(guessing.spec.targetPass).network;
    const auto painter = std::find_if(objectives_.begin(), objectives_.end(),
                                      [&](const Objective& o) { return o.target->hasPixels() && spec_.pass(o.spec.pass).network == tokenizer; });
    return painter == objectives_.end() ? nullptr : &*painter;
}

/// What a tokenizer says of a view whose hidden pixels are taken away.
Features Method::visibleCodes(const Objective& guessing, const View& view, const at::Tensor& hidden) {
    View visible = view;
    visible.tensors["pixels"] = view.pixels().masked_fill(patchesToPixels(hidden, spec_.input.image("codes of a picture")).gt(0.5), 0.0);
    MethodResult result;
    return runPass(spec_.pass(guessing.spec.targetPass), visible, MaskPlan(), result);
}

/// A picture of codes. @param codes  what the tokenizer says @param logits [B, N, V] of which the largest counts @return [B, C, H, W] in [-1, 1]
at::Tensor Method::paintCodes(Objective& painter, const View& view, Features codes, const at::Tensor& logits) {
    codes.tokens = logits;
    codes.local = at::Tensor();  // what was said of the view is not what is painted
    const at::Tensor painted = painter.head->forward(codes, nullptr, TokenChoice::All),
                     nothing = at::zeros(logits.sizes().slice(0, 2), logits.options());
    return unpatchify(*painter.target->toUnitPixels(painted, view, nothing, PatchStatistics::Visible), spec_.input.image("codes that are painted"));
}

/// The mean colour that each code is painted in, beside codes of neighbouring numbers: as many pictures as hold every code once.
/// @param codes  what the tokenizer says of some picture   @return [V, 3] in 0..1; empty for pictures that are neither grey nor RGB
std::optional<at::Tensor> Method::colorsOfCodes(Objective& painter, const View& view, const Features& codes) {
    const ImageInput& input = spec_.input.image("the colours of codes");
    if ((input.channels != 1 && input.channels != 3) || painter.target->usesPatchStatistics()) return std::nullopt;
    const std::int64_t count = codes.tokens.size(-1), places = input.patches(), pictures = (count + places - 1) / places;
    const at::Tensor all = at::arange(pictures * places, codes.tokens.options().dtype(at::kLong)).remainder(count).view({pictures, places});
    const at::Tensor painted = patchify(paintCodes(painter, view, codes, asLogits(all, codes)), input);
    const at::Tensor colors = painted.reshape({pictures * places, -1, input.channels}).mean(1).narrow(0, 0, count);
    return asColors(colors).expand({count, 3});
}

Decoding Method::decode(Objective& guessing, const View& view, Decoding start, std::uint64_t seed, const Sampler::Watch& watch) {
    const PassSpec& pass = spec_.pass(guessing.spec.pass);
    const auto ask = [&](const at::Tensor& codes, const at::Tensor& hidden) {
        View seen = view;
        seen.tensors = {{"tokens", codes}};
        MaskPlan plan;
        plan.addUnsplit({.role = pass.corruption.role, .view = view.name, .hidden = hidden.to(at::kFloat)});
        const Features features = networks_.at(pass.network)->forward(seen, plan, pass.corruption, {});
        return guessing.head->forward(features, nullptr, TokenChoice::All);
    };
    return Sampler(*spec_.sampler).decode(std::move(start), seed, ask, watch);
}

bool Method::generates() const {
    return spec_.sampler.has_value() &&
           std::any_of(objectives_.begin(), objectives_.end(), [&](const Objective& o) { return !spec_.pass(o.spec.pass).codesOf.empty(); });
}

/// Codes step by step, and how they looked on the way.
void Method::addDecoding(Prediction& answer, Objective& guessing, const View& view, const at::Tensor& hidden) {
    constexpr std::int64_t kStages = 4;
    Objective* painter = painterOf(guessing);
    const Features known = visibleCodes(guessing, view, hidden);
    const auto watch = [&](const Decoding& now) {
        const std::int64_t stage = now.step * kStages / now.steps;
        if (painter == nullptr || stage == (now.step - 1) * kStages / now.steps || stage == kStages) return true;
        const at::Tensor undecided = patchesToPixels(now.hidden.to(at::kFloat), spec_.input.image("codes that are painted")).gt(0.5);
        const at::Tensor painted = asColors(paintCodes(*painter, view, known, asLogits(now.codes, known))).masked_fill(undecided, 0.5);
        answer.depictions.push_back({fmt::format("decoded-{}", 100 * stage / kStages), painted});
        return true;
    };
    answer.values = asLogits(decode(guessing, view, {known.tokens.argmax(-1), hidden.gt(0.5)}, 0, watch).codes, known);
    answer.visibleLearned = false;  // what was visible is as it was
    if (painter != nullptr) answer.pixels = paintCodes(*painter, view, known, answer.values);
}

at::Tensor Method::generate(std::int64_t count, std::uint64_t seed, const std::function<bool(const Decoding&, const Painting&)>& watch) {
    const auto guessing =
        std::find_if(objectives_.begin(), objectives_.end(), [&](const Objective& o) { return !spec_.pass(o.spec.pass).codesOf.empty(); });
    Objective* painter = !generates() ? nullptr : painterOf(*guessing);
    if (painter == nullptr)
        throw UsageError(
            fmt::format("recipe '{}' cannot generate; that needs a sampler, and a network that paints codes, as in igpt and maskgit", spec_.id));
    const ImageInput& input = spec_.input.image("what is generated");
    const at::TensorOptions options = parameters().front().options().requires_grad(false);
    View blank;
    blank.geometry = Geometry::grid(count, {input.gridRows(), input.gridColumns()});
    blank.tensors["pixels"] = at::zeros({count, input.channels, input.height, input.width}, options);
    const at::Tensor hidden = at::ones({count, input.patches()}, options);
    const Features known = visibleCodes(*guessing, blank, hidden);
    const auto paint = [&](const Decoding& now) { return paintCodes(*painter, blank, known, asLogits(now.codes, known)); };
    return paint(decode(*guessing, blank, {at::zeros(hidden.sizes(), options.dtype(at::kLong)), hidden.gt(0.5)}, seed,
                        [&](const Decoding& now) { return !watch || watch(now, [&] { return paint(now); }); }));
}

std::optional<Prediction> Method::predict(const View& view, const MaskPlan& plan, const MethodResult* done) {
    Objective* shown = shownObjective();
    const bool ofSamples = shown == nullptr;  // samples alone are compared: show what the head says of the patches of whole views
    if (ofSamples && (objectives_.empty() || spec_.input.ifImage() == nullptr)) return std::nullopt;
    if (ofSamples) shown = &objectives_.front();
    MethodResult result = done != nullptr && !ofSamples ? *done : MethodResult();
    PassSpec pass = spec_.pass(shown->spec.pass);
    if (ofSamples) {
        pass.corruption = {};
        result.passes[pass.id] = runPass(pass, view, plan, result);
    }
    const Features& features = passFeatures(pass.id, view, plan, result);
    if (features.dropped && !shown->head->restoresDropped()) return std::nullopt;
    Prediction answer{.objective = shown->spec.name,
                      .values = answerOf(*shown, view, plan, result),
                      .codes = shown->target->isCodes(),
                      .visibleLearned = shown->rows != TokenChoice::Hidden,
                      .seen = features.seen};
    const at::Tensor hidden = plan.has(shown->spec.role) ? plan.mask(shown->spec.role).hidden : firstHidden(view, plan);
    if (generates() && !pass.codesOf.empty() && hidden.gt(0.5).any().item<bool>()) addDecoding(answer, *shown, view, hidden);
    addEdges(answer, pass.id, features, plan);
    addPictures(answer, *shown, view, plan, result);
    addMaps(answer, view, plan);
    if (pass.corruption.kind == CorruptionKind::Mix) addUnmixing(answer, pass, view, plan, result);
    for (const PassSpec& each : spec_.passes)
        if (!each.maskedBy.empty()) addOcclusions(answer, passFeatures(each.maskedBy, view, plan, result));
    if (shown->target->hasPixels()) addPixels(answer, *shown, view, hidden);
    if (pass.corruption.kind == CorruptionKind::Filter) addSpectra(answer, seenBy(pass, view, plan, result), view, hidden);
    if (Objective* painter = painterOf(*shown); painter != nullptr && !answer.pixels && answer.values.size(0) == view.batch()) {
        const Features known = visibleCodes(*shown, view, hidden);
        answer.pixels = paintCodes(*painter, view, known, at::where(hidden.gt(0.5).unsqueeze(-1), answer.values, known.tokens));
    }
    return answer;
}

/// What a pass saw of two images at once, and what the objective over partners makes of the other one.
void Method::addUnmixing(Prediction& answer, const PassSpec& pass, const View& view, const MaskPlan& plan, MethodResult& result) {
    const ImageInput& input = spec_.input.image("a mixture");
    const auto add = [&](const char* name, const at::Tensor& unitPixels) { answer.depictions.push_back({name, asColors(unitPixels)}); };
    add("mixture", toUnitPixels(mixedPixels(view.pixels(), plan.mask(pass.corruption.role), input), input));
    for (Objective& objective : objectives_) {
        const std::string& role = objective.spec.role;
        if (objective.spec.pass != pass.id || !objective.target->hasPixels() || !plan.has(role)) continue;
        const at::Tensor owners = ownersOf(plan.mask(role));
        if (!owners.defined()) continue;
        const at::Tensor& hidden = plan.mask(role).hidden;
        View partner = view;
        partner.tensors["pixels"] = view.pixels().index_select(0, owners);
        const at::Tensor said = answerOf(objective, view, plan, result);
        const at::Tensor painted = unpatchify(*objective.target->toUnitPixels(said, partner, hidden, PatchStatistics::Visible), input);
        add("partner", at::where(patchesToPixels(hidden, input).gt(0.5), painted, toUnitPixels(partner.pixels(), input)));
    }
}

/// What a network sees of a filtered image, and how strong frequencies are: those of the image, the hidden ones dark, and those that are restored.
void Method::addSpectra(Prediction& answer, const View& seen, const View& view, const at::Tensor& hidden) {
    const ImageInput& input = spec_.input.image("a spectrum");
    const auto amplitude = [](const at::Tensor& pixels) { return logAmplitude(spectrumOf(pixels)); };
    constexpr double kShown = 0.98;  // of the frequencies are within the colours; the few strongest would leave the others dark
    const at::Tensor whole = amplitude(toUnitPixels(view.pixels(), input)), strong = whole.quantile(kShown);
    const auto add = [&](const char* name, const at::Tensor& values) {
        answer.depictions.push_back({name, valueColors(values, input.height, input.width, 0.0, strong.item<double>())});
    };
    add("spectrum", whole.masked_fill(hidden.gt(0.5), 0.0));
    add("spectrum-restored", amplitude(*answer.pixels));
    answer.seenPixels = toUnitPixels(seen.pixels(), input);
}

/// The picture that a prediction of pixels is.
void Method::addPixels(Prediction& answer, const Objective& shown, const View& view, const at::Tensor& hidden) {
    const ImageInput& input = spec_.input.image("a prediction of pixels");
    const auto pixels = [&](PatchStatistics statistics) {
        return unpatchify(*shown.target->toUnitPixels(answer.values, view, hidden, statistics), input);
    };
    answer.pixels = pixels(PatchStatistics::Visible);
    if (shown.target->usesPatchStatistics()) answer.leaking = pixels(PatchStatistics::True);
}

}  // namespace maskscope
