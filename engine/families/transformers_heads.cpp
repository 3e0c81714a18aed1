#include "families/transformers_heads.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr double kMaskedLossEpsilon = 1e-5;  // added to the number of hidden pixels, as transformers does

}  // namespace

OuterLinear OuterLinear::take(ModelWeights& weights, const std::string& name, std::int64_t width) {
    OuterLinear linear{weights.take(name + ".weight"), weights.has(name + ".bias") ? weights.take(name + ".bias") : at::Tensor()};
    if (linear.weight.dim() != 2 || linear.weight.size(1) != width || (linear.bias.defined() && linear.bias.numel() != linear.weight.size(0)))
        throw DataError(fmt::format("{}: tensor '{}.weight' is [{}], but the config asks for [.., {}]; file and config do not belong together",
                                    weights.subject(), name, fmt::join(linear.weight.sizes(), ", "), width));
    return linear;
}

at::Tensor classifierLoss(const at::Tensor& logits, const at::Tensor& labels, const std::string& problemType) {
    const bool whole = !labels.is_floating_point();
    std::string type = problemType;
    if (type.empty()) type = logits.size(-1) == 1 ? "regression" : whole ? "single_label_classification" : "multi_label_classification";
    if (type == "regression") return at::mse_loss(logits.squeeze(), labels.squeeze().to(logits.scalar_type()));
    if (type == "single_label_classification") return at::cross_entropy_loss(logits, labels.reshape({-1}).to(at::kLong));
    return at::binary_cross_entropy_with_logits(logits, labels.to(logits.scalar_type()));
}

at::Tensor maskedPixelLoss(const at::Tensor& pixels, const at::Tensor& reconstruction, const at::Tensor& hidden, const ImageInput& input) {
    const at::Tensor weight = patchesToPixels(hidden.reshape({hidden.size(0), -1}).to(pixels.scalar_type()), input);
    const at::Tensor error = (pixels - reconstruction).abs() * weight;
    return error.sum() / (weight.sum() + kMaskedLossEpsilon) / static_cast<double>(input.channels);
}

}  // namespace maskscope
