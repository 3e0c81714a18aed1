#include "training/ema.h"

#include <torch/torch.h>

#include <fmt/format.h>

#include "core/error.h"
#include "core/param_reader.h"
#include "interop/saved_tensors.h"
#include "training/schedule.h"

namespace maskscope {

EmaMomentum EmaMomentum::read(ParamReader& reader) {
    EmaMomentum momentum;
    const std::string kind = reader.choice("kind", "constant", {"constant", "linear", "cosine"}, "course of the momentum");
    momentum.kind = kind == "linear" ? Kind::Linear : kind == "cosine" ? Kind::Cosine : Kind::Constant;
    momentum.from = reader.number("momentum", 0.999, Range::between(0.0, 1.0), "share of the average that an update keeps, at the start");
    momentum.to = reader.number("momentum_end", 1.0, Range::between(0.0, 1.0), "the same at the end (linear, cosine)");
    momentum.rampSteps = reader.number("ramp", 0.0, Range::atLeast(0.0), "steps from start to end; 0: all steps");
    return momentum;
}

double EmaMomentum::at(double step, double totalSteps) const {
    const double length = rampSteps > 0.0 ? rampSteps : totalSteps;
    const double fraction = length > 0.0 ? step / length : 1.0;
    switch (kind) {
        case Kind::Linear:
            return linearBetween(from, to, fraction);
        case Kind::Cosine:
            return cosineBetween(from, to, fraction);
        case Kind::Constant:
            break;
    }
    return from;
}

Ema::Ema(NamedTensors online, NamedTensors average) : online_(std::move(online)), average_(std::move(average)) {
    if (online_.size() != average_.size())
        throw ShapeError(fmt::format("moving average: {} tensors follow {} tensors; both networks must be alike", average_.size(), online_.size()));
    for (std::size_t i = 0; i < online_.size(); ++i) {
        const auto& [name, source] = online_[i];
        const auto& [other, target] = average_[i];
        if (name != other || source.sizes() != target.sizes() || source.scalar_type() != target.scalar_type() || source.device() != target.device())
            throw ShapeError(fmt::format("moving average: '{}' cannot follow '{}': name, shape, dtype or device differ", other, name));
    }
}

Ema Ema::copying(const NamedTensors& online) {
    const at::NoGradGuard noGrad;
    NamedTensors copies;
    for (const auto& [name, tensor] : online) copies.emplace_back(name, tensor.detach().clone());
    return {online, std::move(copies)};
}

void Ema::update(double momentum) {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> sources, targets;
    for (std::size_t i = 0; i < online_.size(); ++i) {
        if (online_[i].second.is_floating_point()) {
            sources.push_back(online_[i].second);
            targets.push_back(average_[i].second);
        } else {
            average_[i].second.copy_(online_[i].second);
        }
    }
    if (!targets.empty()) at::_foreach_lerp_(targets, sources, 1.0 - momentum);
}

void Ema::update(const at::Tensor& share) {
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < online_.size(); ++i) {
        const at::Tensor &source = online_[i].second, &target = average_[i].second;
        if (target.is_floating_point())
            target.lerp_(source, share.to(target.scalar_type()));
        else
            target.copy_(source);
    }
}

void Ema::restore(const NamedTensors& saved) { copySaved(average_, saved, "moving average"); }

}  // namespace maskscope
