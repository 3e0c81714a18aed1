#include "training/non_finite.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

bool isFinite(const at::Tensor& tensor) { return !tensor.defined() || !tensor.is_floating_point() || tensor.isfinite().all().item<bool>(); }

/// The samples whose own values are not finite.
std::string inInput(const MicroBatch& batch) {
    for (const View& view : batch.views)
        for (const auto& [name, tensor] : view.tensors) {
            if (isFinite(tensor)) continue;
            std::vector<std::string> samples;
            for (std::int64_t row = 0; row < tensor.size(0); ++row)
                if (!isFinite(tensor[row])) samples.push_back(std::to_string(view.sampleIds[static_cast<std::size_t>(row)]));
            return fmt::format("in the data themselves: '{}' of sample {}", name, join(samples));
        }
    return {};
}

std::string inParameters(const Method& method) {
    for (const auto& item : method.named_parameters())
        if (!isFinite(item.value())) return fmt::format("in the parameter {}", item.key());
    return {};
}

std::string inLayers(const Features& features, const std::string& network) {
    if (!isFinite(features.embedded)) return fmt::format("in the embedding of {}", network);
    for (std::size_t i = 0; i < features.layers.size(); ++i)
        if (!isFinite(features.layers[i])) return fmt::format("in block {} of {}", i + 1, network);
    if (!isFinite(features.tokens)) return fmt::format("after the last block of {}", network);
    return {};
}

std::string inHead(Method& method, const MicroBatch& batch) {
    try {
        return inLayers(method.headFeatures(batch.views.front(), batch.plan, {.layers = true}), "the head");
    } catch (const Error&) {
        return {};  // a head without layers: its prediction tells
    }
}

std::string inObjectives(Method& method, const MicroBatch& batch, const Signals& signals) {
    const MethodResult result = method.run(batch.views, batch.plan, signals);
    for (const auto& [pass, features] : result.passes)
        if (!isFinite(features.tokens)) return fmt::format("in pass '{}'", pass);
    for (const ObjectiveResult& objective : result.objectives) {
        if (!isFinite(objective.target)) return fmt::format("in the target of objective '{}'", objective.name);
        if (!isFinite(objective.prediction)) return fmt::format("in the prediction of objective '{}'", objective.name);
        if (!isFinite(objective.loss)) return fmt::format("in the loss of objective '{}'", objective.name);
    }
    return {};
}

/// The backward pass goes from the last parameter to the first.
std::string inGradients(const Method& method) {
    const auto parameters = method.named_parameters().pairs();
    for (auto item = parameters.rbegin(); item != parameters.rend(); ++item)
        if (!isFinite(item->second.grad())) return fmt::format("in the gradient of {}", item->first);
    return {};
}

}  // namespace

std::string whereNotFinite(Method& method, const MicroBatch& batch, const Signals& signals) {
    const torch::NoGradGuard noGrad;
    if (auto place = inInput(batch); !place.empty()) return place;
    if (auto place = inParameters(method); !place.empty()) return place;
    const PassSpec& pass = method.spec().passes.front();
    const std::string network = fmt::format("network '{}'", pass.network);
    const Features features = method.features(findView(batch.views, pass.view), batch.plan, {.layers = true});
    if (auto place = inLayers(features, network); !place.empty()) return place;
    if (auto place = inHead(method, batch); !place.empty()) return place;
    if (auto place = inObjectives(method, batch, signals); !place.empty()) return place;
    return inGradients(method);
}

}  // namespace maskscope
