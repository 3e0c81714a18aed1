#include "layers/recompute.h"

#include <optional>
#include <utility>

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "layers/noise.h"

namespace maskscope {
namespace {

thread_local bool isRecomputing = false;

/// What the second run needs beside tensors.
struct Part : torch::CustomClassHolder {
    std::function<at::Tensor(const at::Tensor&)> run;
    std::optional<NoiseScope::Place> noise;
    std::optional<at::ScalarType> autocast;
};

/// The precision of a type of device, set for a scope.
class Precision {
public:
    Precision(c10::DeviceType device, std::optional<at::ScalarType> type)
        : device_(device), enabled_(at::autocast::is_autocast_enabled(device)), type_(at::autocast::get_autocast_dtype(device)) {
        at::autocast::set_autocast_enabled(device, type.has_value());
        if (type) at::autocast::set_autocast_dtype(device, *type);
        at::autocast::increment_nesting();
    }
    ~Precision() {
        if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
        at::autocast::set_autocast_dtype(device_, type_);
        at::autocast::set_autocast_enabled(device_, enabled_);
    }
    Precision(const Precision&) = delete;
    Precision& operator=(const Precision&) = delete;

private:
    c10::DeviceType device_;
    bool enabled_;
    at::ScalarType type_;
};

class Recomputed : public torch::autograd::Function<Recomputed> {
public:
    /// @param read  x, then all that learns
    static at::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList read, const c10::intrusive_ptr<Part>& part) {
        context->save_for_backward(read.vec());
        context->saved_data["part"] = c10::IValue::make_capsule(part);
        const at::NoGradGuard noGrad;
        return part->run(read.front());
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        const auto kept = context->get_saved_variables();
        const auto part = c10::static_intrusive_pointer_cast<Part>(context->saved_data["part"].toCapsule());
        torch::autograd::variable_list inputs{kept.front().detach().requires_grad_(context->needs_input_grad(0))};
        inputs.insert(inputs.end(), kept.begin() + 1, kept.end());
        at::Tensor y;
        {
            const at::AutoGradMode learns(true);
            const Precision precision(inputs.front().device().type(), part->autocast);
            std::optional<NoiseScope> noise;
            if (part->noise) noise.emplace(*part->noise);
            y = part->run(inputs.front());
        }
        torch::autograd::variable_list learning;
        for (const at::Tensor& input : inputs)
            if (input.requires_grad()) learning.push_back(input);
        const auto found = torch::autograd::grad({y}, learning, {gradients.front()}, std::nullopt, false, /*allow_unused=*/true);
        torch::autograd::variable_list result;
        for (std::size_t next = 0; const at::Tensor& input : inputs) result.push_back(input.requires_grad() ? found[next++] : at::Tensor());
        result.emplace_back();  // for the part itself
        return result;
    }
};

}  // namespace

RecomputeScope::RecomputeScope(bool open) : outer_(std::exchange(isRecomputing, open)) {}
RecomputeScope::~RecomputeScope() { isRecomputing = outer_; }

bool RecomputeScope::isOpen() { return isRecomputing; }

at::Tensor recomputed(const at::Tensor& x, const std::vector<at::Tensor>& parameters, std::function<at::Tensor(const at::Tensor&)> part) {
    auto kept = c10::make_intrusive<Part>();
    kept->run = std::move(part);
    kept->noise = NoiseScope::place();
    if (at::autocast::is_autocast_enabled(x.device().type())) kept->autocast = at::autocast::get_autocast_dtype(x.device().type());
    std::vector<at::Tensor> read{x};
    read.insert(read.end(), parameters.begin(), parameters.end());
    return Recomputed::apply(at::TensorList(read), kept);
}

}  // namespace maskscope
