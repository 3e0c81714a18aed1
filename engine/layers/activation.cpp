#include "layers/activation.h"

#include <vector>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

struct Activation {
    const char* name;
    at::Tensor (*apply)(const at::Tensor& x);
};

/// Hendrycks & Gimpel, Gaussian Error Linear Units, 2016 (gelu, its two approximations); Elfwing et al., 2018 (silu); Misra, 2019 (mish);
/// So et al., Primer, NeurIPS 2021 (relu2).
constexpr Activation kActivations[] = {
    {"gelu", [](const at::Tensor& x) { return at::gelu(x); }},
    {"gelu_tanh", [](const at::Tensor& x) { return at::gelu(x, "tanh"); }},
    {"quick_gelu", [](const at::Tensor& x) { return x * at::sigmoid(1.702 * x); }},
    {"relu", [](const at::Tensor& x) { return at::relu(x); }},
    {"relu2", [](const at::Tensor& x) { return at::relu(x).square(); }},
    {"relu6", [](const at::Tensor& x) { return at::clamp(x, 0, 6); }},
    {"leaky_relu", [](const at::Tensor& x) { return at::leaky_relu(x, 0.01); }},
    {"silu", [](const at::Tensor& x) { return at::silu(x); }},
    {"mish", [](const at::Tensor& x) { return at::mish(x); }},
    {"elu", [](const at::Tensor& x) { return at::elu(x); }},
    {"selu", [](const at::Tensor& x) { return at::selu(x); }},
    {"tanh", [](const at::Tensor& x) { return at::tanh(x); }},
    {"sigmoid", [](const at::Tensor& x) { return at::sigmoid(x); }},
    {"linear", [](const at::Tensor& x) { return x; }},
};

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Activation& activation : kActivations) all.emplace_back(activation.name);
    return all;
}

}  // namespace

std::string readActivation(ParamReader& reader, const std::string& standard) {
    return reader.choice("activation", standard, names(), "between two linear maps; gelu_tanh is the tanh approximation of gelu");
}

at::Tensor activate(const at::Tensor& x, const std::string& activation) {
    for (const Activation& known : kActivations)
        if (activation == known.name) return known.apply(x);
    throw RecipeError(fmt::format("'{}' is not an activation{}", activation, suggestion(activation, names())));
}

bool isActivation(const std::string& name) {
    for (const Activation& known : kActivations)
        if (name == known.name) return true;
    return false;
}

}  // namespace maskscope
