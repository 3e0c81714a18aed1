// What a trainer shows, and lets change, between two steps.

#include <torch/torch.h>

#include "recipes/evaluation_scope.h"
#include "training/feature_spread.h"
#include "training/probes.h"
#include "training/trainer.h"

namespace maskscope {
namespace {

constexpr std::int64_t kSpreadSamples = 64;

}  // namespace

void Trainer::setLive(const LiveChange& change) {
    settings_ = applyLive(recipe_, change);
    training_.changeSettings(settings_);
    changes_.push_back(change);
}

std::shared_ptr<const PublishedWeights> Trainer::copyWeights() const {
    const at::NoGradGuard noGrad;
    const NamedTensors average = training_.averagedState();
    auto weights = std::make_shared<PublishedWeights>();
    weights->step = step_;
    weights->spec = publishedSpec_;
    weights->domain = data_.domain;
    weights->averaged = !average.empty();
    for (const auto& [name, tensor] : average.empty() ? method_->namedState() : average)
        weights->tensors.emplace_back(name, tensor.detach().to(at::kCPU, tensor.scalar_type(), false, true));
    return weights;
}

ProbeRecord Trainer::lookAtProbes() {
    const TrainingStep::AveragedScope averaged(training_);
    const auto [view, plan] = validation_.probes(settings_.probeImages);
    return showProbes(*method_, *data_.domain, view, plan, step_);
}

FeatureSpread Trainer::lookAtFeatures() {
    const TrainingStep::AveragedScope averaged(training_);
    const EvaluationScope evaluating(*method_);
    return featureSpread(method_->features(validation_.probes(kSpreadSamples).first, MaskPlan(), {}), step_);
}

}  // namespace maskscope
