#include "inference/inference_session.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "data/images/image_views.h"
#include "interop/saved_tensors.h"
#include "layers/without_first_values.h"
#include "recipes/evaluation_scope.h"
#include "recipes/evaluation_views.h"

namespace maskscope {

namespace {

MaskDraw questionDraw(const View& view, std::uint64_t seed) {
    MaskDraw draw{.seed = seed, .purpose = "question", .step = 0, .samples = {}};
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

MaskPlan InferenceSession::drawMasks(const View& view, std::uint64_t seed) const { return drawMasks(view, questionDraw(view, seed)); }

MaskPlan InferenceSession::drawMasks(const View& view, const MaskDraw& draw) const {
    return method_->drawMasks(evaluationViews(spec(), view), Signals(), draw);
}

std::vector<LeakFinding> InferenceSession::findLeaks(const View& view, std::uint64_t seed) {
    return maskscope::findLeaks(*method_, evaluationViews(spec(), view), drawMasks(view, seed), Signals(), seed);
}

MaskPlan InferenceSession::drawMasks(const View& view, const Value& strategy, std::uint64_t seed) const {
    const auto mask = components_.masks.make(strategy, "mask", "strategy");
    return maskOf(view, mask->sample(view.geometry, Signals(), questionDraw(view, seed)).front().hidden);
}

MaskPlan InferenceSession::maskOf(const View& view, const at::Tensor& hidden) const {
    Mask mask;
    mask.role = spec().objectives.empty() ? spec().passes.front().corruption.role : spec().objectives.front().role;
    mask.hidden = hidden.reshape({view.batch(), -1});
    const Geometry& geometry = view.geometry;
    if (mask.hidden.size(1) != geometry.tokens())
        throw ShapeError(fmt::format("the mask has {} places, but the model sees {}{}", mask.hidden.size(1), geometry.tokens(),
                                     geometry.shape.size() == 2 ? fmt::format(" ({} x {})", geometry.shape[0], geometry.shape[1]) : ""));
    if (geometry.hideable().defined()) mask.hidden = mask.hidden * geometry.hideable().to(mask.hidden.scalar_type());
    mask.chance = at::ones({view.batch(), geometry.tokens(), 2}, at::kFloat);  // all get the mask token
    MaskPlan plan;
    plan.add(std::move(mask), geometry.valid);
    return plan;
}

Reconstruction InferenceSession::reconstruct(const View& view, const MaskPlan& plan) {
    const EvaluationScope evaluating(*method_);
    const auto prediction = method_->predict(view, plan);
    if (!prediction)
        throw ShapeError(fmt::format("recipe '{}' says nothing about hidden tokens, so it cannot reconstruct; look at its attention", spec().id));
    const at::Tensor hidden = firstHidden(view, plan);
    Reconstruction answer{domain_->pictures(view, hidden, &*prediction), 0.0};
    if (const auto* image = std::get_if<ImagePicture>(&answer.pictures.front()); image != nullptr && !prediction->pixels)
        throw ShapeError(fmt::format("recipe '{}' predicts no pixels, so it cannot reconstruct images; look at its attention", spec().id));
    answer.hiddenLoss = prediction->pixels && !plan.masks().empty()
                            ? hiddenPatchLoss(answer.pictures)
                            : method_->run({view}, plan, Signals(), {prediction->objective}).objectives.front().loss.item<double>();
    return answer;
}

void InferenceSession::setWeights(const NamedTensors& weights) {
    (memory_ == WeightMemory::Shared ? shareSaved : copySaved)(method_->namedState(), weights, "model");
}

Features InferenceSession::features(const View& view, const Taps& taps) { return features(view, MaskPlan(), taps); }

Features InferenceSession::features(const View& view, const MaskPlan& plan, const Taps& taps) {
    const EvaluationScope evaluating(*method_);
    return method_->features(view, plan, taps);
}

Features InferenceSession::headFeatures(const View& view, const MaskPlan& plan, const Taps& taps) {
    const EvaluationScope evaluating(*method_);
    return method_->headFeatures(view, plan, taps);
}

at::Tensor InferenceSession::pooledFeatures(const View& view) {
    const Features seen = features(view, {});
    if (!seen.geometry.valid.defined()) return seen.tokens.mean(1);
    const at::Tensor real = seen.geometry.valid.to(seen.tokens.scalar_type()).unsqueeze(-1);
    return (seen.tokens * real).sum(1) / real.sum(1).clamp_min(1.0);
}

}  // namespace maskscope
