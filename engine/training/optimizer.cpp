#include "training/optimizer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include <torch/torch.h>

#include <fmt/format.h>

#include "core/error.h"
#include "core/param_reader.h"
#include "interop/saved_tensors.h"
#include "tensor/core_team.h"

namespace maskscope {
namespace {

const std::vector<std::string> kWithoutDecay{"cls_token", "pos_embed", "mask_token", "dist_token", "position_embeddings"};

/// The fused kernels walk parameter, gradient and moments as flat memory: their strides must agree.
at::Tensor laidOutAs(const at::Tensor& gradient, const at::Tensor& parameter) {
    if (gradient.strides() == parameter.strides() && gradient.scalar_type() == parameter.scalar_type()) return gradient;
    return at::empty_like(parameter).copy_(gradient);
}

/// Runs work(first, count) over a list, cut into a stretch of about the same size for each core.
void shared(CoreTeam* team, const std::vector<std::int64_t>& sizes, const std::function<void(std::size_t, std::size_t)>& work) {
    const std::int64_t parts = team == nullptr ? 1 : team->cores();
    const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    std::vector<std::size_t> ends(1, 0);
    std::int64_t passed = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        passed += sizes[i];
        if (passed * parts >= total * static_cast<std::int64_t>(ends.size())) ends.push_back(i + 1);
    }
    ends.back() = sizes.size();
    const auto run = [&](std::int64_t part) {
        const auto i = static_cast<std::size_t>(part);
        work(ends[i], ends[i + 1] - ends[i]);
    };
    const auto stretches = static_cast<std::int64_t>(ends.size()) - 1;
    if (team != nullptr)
        team->run(stretches, run);
    else
        for (std::int64_t part = 0; part < stretches; ++part) run(part);
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

void AdamW::stepMembers(const Group& group, std::span<const std::size_t> members, double lr, const OnDevice& control) {
    std::vector<at::Tensor> tensors, gradients, expAvgs, expAvgSqs, steps;
    for (const std::size_t i : members) {
        const at::Tensor& tensor = parameters_[i].tensor;
        if (!tensor.grad().defined() || tensor.numel() == 0) continue;
        tensors.push_back(tensor);
        gradients.push_back(laidOutAs(tensor.grad(), tensor));
        expAvgs.push_back(expAvgs_[i]);
        expAvgSqs.push_back(expAvgSqs_[i]);
        steps.push_back(steps_[i]);
    }
    if (tensors.empty()) return;
    if (control.halted.defined())
        at::_foreach_add_(steps, 1.0 - control.halted);
    else
        at::_foreach_add_(steps, 1);
    const std::optional<at::Tensor> foundInf = control.halted.defined() ? std::optional(control.halted) : std::nullopt;
    const auto update = [&](const auto& rate) {
        at::_fused_adamw_(tensors, gradients, expAvgs, expAvgSqs, {}, steps, rate, params_.beta1, params_.beta2,
                          group.weightDecay ? params_.weightDecay : 0.0, params_.eps, /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{},
                          foundInf);
    };
    if (control.lr.defined())
        update(control.lr * group.lrScale);
    else
        update(lr * group.lrScale);
}

void AdamW::step(double lr, const OnDevice& control) {
    for (const Group& group : groups_) {
        std::vector<std::int64_t> sizes;
        for (const std::size_t i : group.members) sizes.push_back(parameters_[i].tensor.numel());
        shared(team_, sizes, [&](std::size_t first, std::size_t count) {
            const at::NoGradGuard noGrad;
            stepMembers(group, std::span(group.members).subspan(first, count), lr, control);
        });
    }
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
    std::vector<std::int64_t> sizes;
    for (const at::Tensor& gradient : all) sizes.push_back(gradient.numel());
    std::vector<at::Tensor> norms(all.size());
    const auto part = [&](std::size_t first, std::size_t count) {
        return std::vector(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + count));
    };
    shared(team_, sizes, [&](std::size_t first, std::size_t count) {
        const at::NoGradGuard plain;
        std::ranges::copy(at::_foreach_norm(part(first, count)), norms.begin() + static_cast<std::ptrdiff_t>(first));
    });
    const at::Tensor norm = at::linalg_vector_norm(at::stack(norms), 2);
    if (maxNorm <= 0.0) return norm;
    // A norm that is no number scales nothing: whoever looks for its origin finds the gradients as they were
    const at::Tensor scale = (maxNorm / (norm + 1e-6)).clamp_max(1.0).nan_to_num(1.0);
    shared(team_, sizes, [&](std::size_t first, std::size_t count) {
        const at::NoGradGuard plain;
        at::_foreach_mul_(part(first, count), scale);
    });
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
