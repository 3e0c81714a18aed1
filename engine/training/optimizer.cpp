#include "training/optimizer.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include <fmt/format.h>

#include "core/error.h"
#include "core/param_reader.h"
#include "interop/saved_tensors.h"

namespace maskscope {
namespace {

const std::vector<std::string> kWithoutDecay{"cls_token", "pos_embed", "mask_token", "dist_token", "position_embeddings"};

/// The fused kernels walk parameter, gradient and moments as flat memory: their strides must agree.
at::Tensor laidOutAs(const at::Tensor& gradient, const at::Tensor& parameter) {
    if (gradient.strides() == parameter.strides() && gradient.scalar_type() == parameter.scalar_type()) return gradient;
    return at::empty_like(parameter).copy_(gradient);
}

}  // namespace

bool takesWeightDecay(std::string_view name, const at::Tensor& tensor, const std::vector<std::string>& exempt) {
    const std::string_view last = name.substr(name.rfind('.') == std::string_view::npos ? 0 : name.rfind('.') + 1);
    const auto names = [&](const std::vector<std::string>& list) {
        return std::any_of(list.begin(), list.end(), [&](const std::string& item) { return item == last || item == name; });
    };
    return tensor.dim() > 1 && !names(kWithoutDecay) && !names(exempt);
}

double layerLrScale(std::int64_t layer, std::int64_t layerCount, double decay) {
    return std::pow(decay, static_cast<double>(layerCount + 1 - layer));
}

AdamW::Params AdamW::Params::read(ParamReader& reader) {
    Params params;
    const std::vector<double> betas = reader.numbers("betas", {0.9, 0.95}, {.min = 0.0, .max = 1.0, .openMax = true}, "decay of the two moments");
    if (betas.size() != 2) reader.fail("betas", fmt::format("has {} numbers, expected two", betas.size()));
    params.beta1 = betas[0];
    params.beta2 = betas[1];
    params.eps = reader.number("eps", 1e-8, Range::positive(), "added to the denominator");
    params.weightDecay = reader.number("weight_decay", 0.05, Range::atLeast(0.0), "decoupled weight decay");
    return params;
}

AdamW::AdamW(const Params& params, std::vector<NamedParameter> parameters) : params_(params), parameters_(std::move(parameters)) {
    const at::NoGradGuard noGrad;
    for (const NamedParameter& parameter : parameters_) {
        const at::Tensor& tensor = parameter.tensor;
        if (!tensor.is_non_overlapping_and_dense())
            throw ShapeError(fmt::format("optimizer: parameter '{}' has gaps or overlaps in memory; make it contiguous", parameter.name));
        expAvgs_.push_back(at::zeros_like(tensor, at::MemoryFormat::Preserve));
        expAvgSqs_.push_back(at::zeros_like(tensor, at::MemoryFormat::Preserve));
        steps_.push_back(at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(tensor.device())));
    }
    groups_ = groups();
}

std::vector<AdamW::Group> AdamW::groups() const {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const NamedParameter& parameter = parameters_[i];
        const auto isSame = [&](const Group& group) {
            const at::Tensor& first = parameters_[group.members.front()].tensor;
            return group.lrScale == parameter.lrScale && group.weightDecay == parameter.weightDecay && first.device() == parameter.tensor.device() &&
                   first.scalar_type() == parameter.tensor.scalar_type();
        };
        const auto place = std::find_if(groups.begin(), groups.end(), isSame);
        if (place == groups.end())
            groups.push_back({parameter.lrScale, parameter.weightDecay, {i}});
        else
            place->members.push_back(i);
    }
    return groups;
}

void AdamW::stepGroup(const Group& group, double lr) {
    std::vector<at::Tensor> tensors, gradients, expAvgs, expAvgSqs, steps;
    for (const std::size_t i : group.members) {
        const at::Tensor& tensor = parameters_[i].tensor;
        if (!tensor.grad().defined() || tensor.numel() == 0) continue;
        tensors.push_back(tensor);
        gradients.push_back(laidOutAs(tensor.grad(), tensor));
        expAvgs.push_back(expAvgs_[i]);
        expAvgSqs.push_back(expAvgSqs_[i]);
        steps.push_back(steps_[i]);
    }
    if (tensors.empty()) return;
    at::_foreach_add_(steps, 1);
    at::_fused_adamw_(tensors, gradients, expAvgs, expAvgSqs, {}, steps, lr * group.lrScale, params_.beta1, params_.beta2,
                      group.weightDecay ? params_.weightDecay : 0.0, params_.eps, /*amsgrad=*/false, /*maximize=*/false);
}

void AdamW::step(double lr) {
    const at::NoGradGuard noGrad;
    for (const Group& group : groups_) stepGroup(group, lr);
}

void AdamW::zeroGrad() {
    for (NamedParameter& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

std::vector<at::Tensor> AdamW::gradients() const {
    std::vector<at::Tensor> gradients;
    for (const NamedParameter& parameter : parameters_)
        if (parameter.tensor.grad().defined() && parameter.tensor.numel() > 0) gradients.push_back(parameter.tensor.grad());
    return gradients;
}

at::Tensor AdamW::clipGradients(double maxNorm) {
    const at::NoGradGuard noGrad;
    const std::vector<at::Tensor> all = gradients();
    if (all.empty()) return at::zeros({}, at::kFloat);
    const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(all)), 2);
    // A norm that is no number scales nothing: whoever looks for its origin finds the gradients as they were
    if (maxNorm > 0.0) at::_foreach_mul_(all, (maxNorm / (norm + 1e-6)).clamp_max(1.0).nan_to_num(1.0));
    return norm;
}

NamedTensors AdamW::state() const {
    NamedTensors state;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        state.emplace_back(parameters_[i].name + ".exp_avg", expAvgs_[i]);
        state.emplace_back(parameters_[i].name + ".exp_avg_sq", expAvgSqs_[i]);
        state.emplace_back(parameters_[i].name + ".step", steps_[i]);
    }
    return state;
}

void AdamW::restore(const NamedTensors& saved) { copySaved(state(), saved, "optimizer state"); }

}  // namespace maskscope
