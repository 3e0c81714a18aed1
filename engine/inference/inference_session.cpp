#include "inference/inference_session.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "data/images/image_views.h"
#include "interop/cut_files.h"
#include "interop/saved_tensors.h"
#include "layers/without_first_values.h"
#include "media/reconstruction_pictures.h"
#include "recipes/evaluation_scope.h"
#include "recipes/evaluation_views.h"
#include "tensor/patches.h"

namespace maskscope {

namespace {

MaskDraw questionDraw(const View& view, std::uint64_t seed) {
    MaskDraw draw{.seed = seed, .purpose = "question", .step = 0, .samples = {}, .progress = 1.0};
    for (std::int64_t row = 0; row < view.batch(); ++row) draw.samples.push_back(static_cast<std::uint64_t>(row));
    return draw;
}

/// Mean over the hidden patches of all images.
double hiddenPatchLoss(const std::vector<Picture>& pictures) {
    double sum = 0.0;
    std::int64_t count = 0;
    for (const Picture& picture : pictures) {
        const auto& image = std::get<ImagePicture>(picture);
        for (std::size_t i = 0; i < image.hidden.size(); ++i)
            if (image.hidden[i] != 0) {
                sum += static_cast<double>(image.patchLoss[i]);
                ++count;
            }
    }
    return count > 0 ? sum / static_cast<double>(count) : 0.0;
}

/// Everything that passes and objectives call a mask of tokens, those of the first objective first.
std::vector<std::string> tokenRoles(const MethodSpec& spec) {
    std::vector<std::string> roles;
    const auto add = [&](const std::string& role) {
        const auto isEdges = [&](const MaskSpec& mask) { return mask.role == role && mask.space != MaskSpace::Token; };
        if (std::none_of(spec.masks.begin(), spec.masks.end(), isEdges) && std::find(roles.begin(), roles.end(), role) == roles.end())
            roles.push_back(role);
    };
    for (const ObjectiveSpec& objective : spec.objectives) add(objective.role);
    for (const PassSpec& pass : spec.passes) add(pass.corruption.role);
    return roles;
}

}  // namespace

InferenceSession::InferenceSession(const MethodSpec& spec, const NamedTensors& weights, std::shared_ptr<const DataDomain> domain, WeightMemory memory)
    : domain_(std::move(domain)), memory_(memory) {
    const WithoutFirstValues unset;
    method_ = std::make_shared<Method>(spec, components_, 0);
    if (!domain_) domain_ = makeDomain(spec.input);
    setWeights(weights);
    method_->eval();
}

View InferenceSession::viewOf(const DecodedImage& image) const { return imageBatch({image}, input().image("a picture")); }

View InferenceSession::withPartner(const View& view) const {
    const auto mixes = [](const PassSpec& pass) { return pass.corruption.kind == CorruptionKind::Mix; };
    if (view.batch() > 1 || std::none_of(spec().passes.begin(), spec().passes.end(), mixes)) return view;
    View pair = view;
    pair.tensors["pixels"] = at::cat({view.pixels(), view.pixels().flip(3)});
    pair.geometry.batch = 2;
    pair.sampleIds.push_back(view.sampleIds.front());
    return pair;
}

MaskPlan InferenceSession::drawMasks(const View& view, std::uint64_t seed) const { return drawMasks(view, questionDraw(view, seed)); }

MaskPlan InferenceSession::drawMasks(const View& view, const MaskDraw& draw) const {
    const EvaluationScope evaluating(*method_);
    const std::vector<View> views = evaluationViews(spec(), view);
    return method_->drawMasks(views, method_->lookAhead(views, Signals()), draw);
}

Signals InferenceSession::lookAhead(const View& view) const {
    const EvaluationScope evaluating(*method_);
    return method_->lookAhead(evaluationViews(spec(), view), Signals());
}

std::vector<LeakFinding> InferenceSession::findLeaks(const View& view, std::uint64_t seed) {
    return maskscope::findLeaks(*method_, evaluationViews(spec(), view), drawMasks(view, seed), Signals(), seed);
}

MaskPlan InferenceSession::drawMasks(const View& view, const Value& strategy, std::uint64_t seed) const {
    const auto mask = components_.masks.make(strategy, "mask", "strategy");
    return maskOf(view, mask->sample(view.geometry, lookAhead(view), questionDraw(view, seed)).front().hidden);
}

MaskPlan InferenceSession::maskOf(const View& view, const at::Tensor& hidden) const {
    Mask mask;
    mask.hidden = hidden.reshape({view.batch(), -1});
    const Geometry& geometry = view.geometry;
    if (mask.hidden.size(1) != geometry.tokens())
        throw ShapeError(fmt::format("the mask has {} places, but the model sees {}{}", mask.hidden.size(1), geometry.tokens(),
                                     geometry.shape.size() == 2 ? fmt::format(" ({} x {})", geometry.shape[0], geometry.shape[1]) : ""));
    if (geometry.hideable().defined()) mask.hidden = mask.hidden * geometry.hideable().to(mask.hidden.scalar_type());
    mask.chance = at::ones({view.batch(), geometry.tokens(), 2}, at::kFloat);  // all get the mask token
    MaskPlan plan;
    const std::vector<std::string> roles = tokenRoles(spec());
    if (roles.empty())
        throw ShapeError(fmt::format("recipe '{}' hides no patches, so a mask of patches means nothing to it; leave its own mask", spec().id));
    for (const std::string& role : roles) {
        mask.role = role;
        plan.add(mask, geometry.valid);
    }
    return plan;
}

Reconstruction InferenceSession::reconstruct(const View& view, const MaskPlan& plan) {
    const EvaluationScope evaluating(*method_);
    const MaskPlan shown = plan.firstCopies();
    const auto prediction = method_->predict(view, shown);
    if (!prediction)
        throw ShapeError(fmt::format("recipe '{}' says nothing about hidden tokens, so it cannot reconstruct; look at its attention", spec().id));
    const at::Tensor hidden = firstHidden(view, shown);
    Reconstruction answer{domain_->pictures(view, hidden, &*prediction), 0.0};
    if (const auto* image = std::get_if<ImagePicture>(&answer.pictures.front()); image != nullptr && image->prediction.empty())
        throw ShapeError(fmt::format("recipe '{}' predicts nothing that has a picture; look at its attention", spec().id));
    if (prediction->pixels && !shown.masks().empty())
        answer.hiddenLoss = hiddenPatchLoss(answer.pictures);
    else
        answer.hiddenLoss =
            method_->run(evaluationViews(spec(), view), shown, Signals(), {prediction->objective}).objectives.front().loss.item<double>();
    refuseCutFiles();
    return answer;
}

InferenceSession::Generation InferenceSession::generate(std::int64_t count, std::uint64_t seed, std::int64_t stages,
                                                        const std::function<bool(const Decoding&)>& watch) {
    const EvaluationScope evaluating(*method_);
    Generation made;
    made.stages.resize(static_cast<std::size_t>(count));
    const auto show = [&](const Decoding& now, const Method::Painting& paint) {
        if (now.step < now.steps && now.step * (stages + 1) / now.steps != (now.step - 1) * (stages + 1) / now.steps) {
            const at::Tensor undecided = patchesToPixels(now.hidden.to(at::kFloat), input().image("what is generated")).gt(0.5);
            const at::Tensor pixels = paint().masked_fill(undecided, 0.0);
            for (std::int64_t i = 0; i < count; ++i) made.stages[static_cast<std::size_t>(i)].push_back(showUnitPixels(pixels[i].cpu()));
        }
        return !watch || watch(now);
    };
    const at::Tensor pictures = method_->generate(count, seed, show);
    for (std::int64_t i = 0; i < count; ++i) made.pictures.push_back(showUnitPixels(pictures[i].cpu()));
    refuseCutFiles();
    return made;
}

void InferenceSession::setWeights(const NamedTensors& weights) {
    (memory_ == WeightMemory::Shared ? shareSaved : copySaved)(method_->namedState(), weights, "model");
}

Features InferenceSession::features(const View& view, const Taps& taps) { return features(view, MaskPlan(), taps); }

Features InferenceSession::features(const View& view, const MaskPlan& plan, const Taps& taps) {
    const EvaluationScope evaluating(*method_);
    Features seen = method_->features(view, plan, taps);
    refuseCutFiles();
    return seen;
}

Features InferenceSession::headFeatures(const View& view, const MaskPlan& plan, const Taps& taps) {
    const EvaluationScope evaluating(*method_);
    Features seen = method_->headFeatures(view, plan, taps);
    refuseCutFiles();
    return seen;
}

at::Tensor InferenceSession::pooledFeatures(const View& view) {
    const Features seen = features(view, {});
    if (!seen.geometry.valid.defined()) return seen.tokens.mean(1);
    const at::Tensor real = seen.geometry.valid.to(seen.tokens.scalar_type()).unsqueeze(-1);
    return (seen.tokens * real).sum(1) / real.sum(1).clamp_min(1.0);
}

}  // namespace maskscope
