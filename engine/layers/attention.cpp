#include "layers/attention.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

Attention::Attention(std::int64_t width, std::int64_t heads, bool qkvBias) : heads_(heads), qkv_(nullptr), proj_(nullptr) {
    if (width % heads != 0)
        throw RecipeError(fmt::format("{} attention heads do not divide the width {}; choose a width that is a multiple of the heads", heads, width));
    qkv_ = register_module("qkv", torch::nn::Linear(torch::nn::LinearOptions(width, 3 * width).bias(qkvBias)));
    proj_ = register_module("proj", torch::nn::Linear(width, width));
}

at::Tensor Attention::forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities) {
    const std::int64_t batch = x.size(0), length = x.size(1), width = x.size(2), headWidth = width / heads_;
    const at::Tensor qkv = qkv_->forward(x).view({batch, length, 3, heads_, headWidth}).permute({2, 0, 3, 1, 4});
    const at::Tensor query = qkv.select(0, 0), key = qkv.select(0, 1), value = qkv.select(0, 2);
    const at::Tensor allowed = keyReal.defined() ? keyReal.view({batch, 1, 1, length}) : at::Tensor();
    at::Tensor mixed;
    if (probabilities != nullptr) {
        at::Tensor scores = at::matmul(query, key.transpose(-2, -1)) / std::sqrt(static_cast<double>(headWidth));
        if (allowed.defined()) scores = scores.masked_fill(allowed.logical_not(), -std::numeric_limits<double>::infinity());
        *probabilities = scores.softmax(-1);
        mixed = at::matmul(*probabilities, value);
    } else {
        mixed = at::scaled_dot_product_attention(query, key, value,
                                                 allowed.defined() ? std::optional(allowed.expand({batch, 1, length, length})) : std::nullopt);
    }
    return proj_->forward(mixed.transpose(1, 2).reshape({batch, length, width}));
}

}  // namespace maskscope
