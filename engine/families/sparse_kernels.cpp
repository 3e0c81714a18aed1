#include "families/sparse_kernels.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::string_view kKernel = ".kernel";

at::Tensor denseKernel(const at::Tensor& kernel, const std::string& name, const std::string& subject) {
    const auto side = std::llround(std::sqrt(static_cast<double>(kernel.dim() > 0 ? kernel.size(0) : 0)));
    if ((kernel.dim() != 2 && kernel.dim() != 3) || side * side != kernel.size(0))
        throw DataError(
            fmt::format("{}: tensor '{}' is [{}], expected [k k, channels] or [k k, in, out]", subject, name, fmt::join(kernel.sizes(), ", ")));
    const at::Tensor last = kernel.dim() == 2 ? kernel.t().unsqueeze(1) : kernel.permute({2, 1, 0});  // [O, I, k k]
    return last.reshape({last.size(0), last.size(1), side, side}).transpose(2, 3).contiguous();
}

std::string withoutWrapper(std::string name) {
    for (const std::string_view wrapper : {".ln.", ".linear."})
        if (const auto at = name.rfind(wrapper); at != std::string::npos) name.replace(at, wrapper.size(), ".");
    return name;
}

}  // namespace

bool hasSparseKernels(const ModelWeights& weights) {
    const auto names = weights.names();
    return std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.ends_with(kKernel); });
}

void makeKernelsDense(ModelWeights& weights) {
    for (const std::string& name : weights.names()) {
        if (name.ends_with(kKernel)) {
            const at::Tensor weight = denseKernel(weights.take(name), name, weights.subject());
            weights.alias(name.substr(0, name.size() - kKernel.size()) + ".weight", name, weight);
            continue;
        }
        const auto shape = weights.shape(name);
        if (shape.size() == 2 && shape[0] == 1 && name.ends_with(".bias")) weights.alias(name, name, weights.take(name).flatten());
        if (const std::string plain = withoutWrapper(name); plain != name) weights.alias(plain, name);
    }
}

}  // namespace maskscope
