#include "layers/initialization.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "core/random.h"
#include "layers/without_first_values.h"

namespace maskscope {
namespace {

constexpr double kTokenDeviation = 0.02;

bool endsWith(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Factors that have the first value that their settings ask for.
bool keepsItsValue(const std::string& name) { return endsWith(name, "scale1") || endsWith(name, "scale2") || endsWith(name, "logit_scale") || endsWith(name, "residual_scale") || endsWith(name, "_length"); }

bool isTokenOrTable(const std::string& name) { return endsWith(name, "token") || endsWith(name, "table"); }

void initializeMatrix(at::Tensor& matrix, const std::string& kind, at::Generator& generator) {
    if (kind == "xavier") {
        const auto outputs = static_cast<double>(matrix.size(0));
        const auto inputs = static_cast<double>(matrix.numel()) / outputs;
        const double bound = std::sqrt(6.0 / (inputs + outputs));
        matrix.uniform_(-bound, bound, generator);
    } else {
        matrix.normal_(0.0, kTokenDeviation, generator).clamp_(-2 * kTokenDeviation, 2 * kTokenDeviation);
    }
}

}  // namespace

void initializeParameters(torch::nn::Module& network, const std::string& kind, std::uint64_t seed) {
    if (WithoutFirstValues::isOn()) return;
    const torch::NoGradGuard noGrad;
    for (auto& item : network.named_parameters()) {
        const std::string& name = item.key();
        if (keepsItsValue(name)) continue;
        at::Tensor value = item.value();
        at::Generator generator = at::detail::createCPUGenerator(hashCombine(seed, hashText(name)));
        if (isTokenOrTable(name))
            value.normal_(0.0, kTokenDeviation, generator);
        else if (value.dim() >= 2)
            initializeMatrix(value, kind, generator);
        else
            value.fill_(endsWith(name, "bias") ? 0.0 : 1.0);
    }
}

}  // namespace maskscope
