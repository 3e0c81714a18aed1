#include "layers/product_quantizer.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {

ProductQuantizer::ProductQuantizer(std::int64_t inputWidth, std::int64_t groups, std::int64_t entries, std::int64_t outputWidth)
    : groups_(groups), entries_(entries), logits_(nullptr) {
    if (groups < 1 || outputWidth % groups != 0)
        throw RecipeError(fmt::format("{} groups of a codebook do not divide {} channels; choose another number of either", groups, outputWidth));
    logits_ = register_module("logits", torch::nn::Linear(inputWidth, groups * entries));
    table_ = register_parameter("entries_table", torch::zeros({groups, entries, outputWidth / groups}));
}

at::Tensor ProductQuantizer::logitsOf(const at::Tensor& x) { return logits_->forward(x).view({x.size(0), x.size(1), groups_, entries_}); }

at::Tensor ProductQuantizer::lookUp(const at::Tensor& weights) const { return at::einsum("bngv,gvq->bngq", {weights, table_}).flatten(2); }

ProductQuantizer::Result ProductQuantizer::forward(const at::Tensor& x) {
    const at::Tensor logits = logitsOf(x), codes = logits.argmax(-1);
    return {lookUp(at::one_hot(codes, entries_).to(x.scalar_type())), codes, logits.softmax(-1)};
}

ProductQuantizer::Result ProductQuantizer::forward(const at::Tensor& x, const at::Tensor& noise, double temperature) {
    const at::Tensor logits = logitsOf(x), soft = ((logits + noise) / temperature).softmax(-1), codes = soft.argmax(-1);
    const at::Tensor hard = at::one_hot(codes, entries_).to(soft.scalar_type());
    return {lookUp(hard - soft.detach() + soft), codes, logits.softmax(-1)};
}

at::Tensor codebookPerplexity(const at::Tensor& chances, const at::Tensor& counts) {
    at::Tensor share;
    if (counts.defined()) {
        const at::Tensor weight = counts.to(chances.scalar_type());
        share = (chances * weight.view({-1, 1, 1})).sum(0) / weight.sum();
    } else {
        share = chances.mean(0);
    }
    return at::xlogy(share, share).sum(-1).neg().exp().sum();
}

}  // namespace maskscope
