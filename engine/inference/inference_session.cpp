#include "inference/inference_session.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "data/loader.h"
#include "interop/saved_tensors.h"
#include "media/reconstruction_pictures.h"
#include "recipes/evaluation_scope.h"
#include "tensor/patches.h"

namespace maskscope {

InferenceSession::InferenceSession(const MethodSpec& spec, const NamedTensors& weights) : method_(std::make_shared<Method>(spec, components_, 0)) {
    copySaved(method_->namedState(), weights, "model");
    method_->eval();
}

View InferenceSession::viewOf(const DecodedImage& image) const { return imageBatch({image}, input()); }

MaskPlan InferenceSession::drawMasks(const View& view, std::uint64_t seed) const {
    return method_->drawMasks({view}, Signals(), {.seed = seed, .purpose = "question", .step = 0, .samples = {0}});
}

MaskPlan InferenceSession::drawMasks(const View& view, const Value& strategy, std::uint64_t seed) const {
    const auto mask = components_.masks.make(strategy, "mask", "strategy");
    std::vector<Mask> drawn = mask->sample(view.geometry, Signals(), {.seed = seed, .purpose = "question", .step = 0, .samples = {0}});
    return maskOf(drawn.front().hidden);
}

MaskPlan InferenceSession::maskOf(const at::Tensor& hidden) const {
    Mask mask;
    mask.role = spec().objectives.front().role;
    mask.hidden = hidden.reshape({1, -1});
    if (mask.hidden.size(1) != input().patches())
        throw ShapeError(fmt::format("the mask has {} patches, but the model sees {} ({} x {})", mask.hidden.size(1), input().patches(),
                                     input().gridRows(), input().gridColumns()));
    MaskPlan plan;
    plan.add(std::move(mask));
    return plan;
}

Reconstruction InferenceSession::reconstruct(const View& view, const MaskPlan& plan) {
    const EvaluationScope evaluating(*method_);
    const auto prediction = method_->predictPixels(view, plan);
    if (!prediction) throw ShapeError(fmt::format("recipe '{}' predicts no pixels, so it cannot reconstruct", spec().id));
    const at::Tensor hidden = plan.masks().front().hidden[0];
    const at::Tensor original = toUnitPixels(view.pixels(), input())[0];
    const auto composed = [&](const at::Tensor& pixels) { return compositePixels(original, pixels, hidden, input()); };
    const at::Tensor composite = composed(prediction->prediction[0]);
    Reconstruction answer;
    answer.original = showUnitPixels(original);
    answer.masked = maskedPicture(answer.original, hidden, input());
    answer.prediction = showUnitPixels(prediction->prediction[0]);
    if (!prediction->visibleLearned) answer.prediction = hiddenPatchesPicture(answer.prediction, hidden, input());
    answer.composite = showUnitPixels(composite);
    answer.error = errorPicture(original, composite);
    if (prediction->leaking) answer.leaking = showUnitPixels(composed((*prediction->leaking)[0]));
    const double share = hidden.mean().item<double>();
    answer.hiddenLoss = (composite - original).square().mean().item<double>() / share;
    return answer;
}

Features InferenceSession::features(const View& view, const Taps& taps) {
    const EvaluationScope evaluating(*method_);
    return method_->features(view, MaskPlan(), taps);
}

}  // namespace maskscope
