#include "layers/unit_block.h"

#include <cmath>
#include <tuple>

#include <torch/torch.h>

#include "layers/activation.h"
#include "layers/attention.h"
#include "layers/drop_path.h"

namespace maskscope {

UnitBlock::UnitBlock(const TransformerParams& params, const Shape& shape, double dropChance)
    : params_(params), shape_(shape), dropChance_(dropChance), qkv_(nullptr), proj_(nullptr), widen_(nullptr), fc1_(nullptr), fc2_(nullptr) {
    const std::int64_t width = params.width, hidden = params.hiddenWidth();
    norm1_ = register_module("norm1", std::make_shared<Norm>(params.normKind, shape.inputWidth, params.normEps));
    qkv_ = register_module("qkv", torch::nn::Linear(torch::nn::LinearOptions(shape.inputWidth, 3 * width).bias(params.qkvBias)));
    proj_ = register_module("proj", torch::nn::Linear(width, width));
    if (shape.inputWidth != width) widen_ = register_module("widen", torch::nn::Linear(shape.inputWidth, width));
    norm2_ = register_module("norm2", std::make_shared<Norm>(params.normKind, width, params.normEps));
    fc1_ = register_module("fc1", torch::nn::Linear(width, hidden));
    fc2_ = register_module("fc2", torch::nn::Linear(hidden, width));
}

at::Tensor UnitBlock::pooled(const at::Tensor& x) const {
    return shape_.pooled == 1 ? x : x.view({x.size(0), shape_.pooled, x.size(1) / shape_.pooled, x.size(2)}).amax(1);
}

at::Tensor UnitBlock::attention(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities) {
    const std::int64_t batch = x.size(0), length = x.size(1), heads = params_.heads, headWidth = params_.width / heads;
    const std::int64_t group = shape_.group > 0 ? shape_.group : length, groups = length / group;
    const at::Tensor qkv = qkv_->forward(x)
                               .view({batch, group, groups, 3, heads, headWidth})
                               .permute({3, 0, 2, 4, 1, 5})
                               .reshape({3, batch * groups, heads, group, headWidth});
    at::Tensor query = qkv.select(0, 0);
    const std::int64_t queries = group / shape_.pooled;
    if (shape_.pooled > 1) query = query.view({batch * groups, heads, shape_.pooled, queries, headWidth}).amax(2);
    AttentionContext context;
    // Padding is whole units: inside groups it only talks to itself.
    if (keyReal.defined() && shape_.group == 0) context.keyReal = keyReal;
    const at::Tensor mixed =
        attend(query, qkv.select(0, 1), qkv.select(0, 2), context, 1.0 / std::sqrt(static_cast<double>(headWidth)), probabilities);
    if (probabilities != nullptr) *probabilities = probabilities->view({batch, groups, heads, queries, group});
    return proj_->forward(mixed.view({batch, groups, heads, queries, headWidth}).permute({0, 3, 1, 2, 4}).reshape({batch, -1, params_.width}));
}

at::Tensor UnitBlock::forward(const at::Tensor& x, const at::Tensor& keyReal, at::Tensor* probabilities, at::Tensor* mlpOutput) {
    const at::Tensor normed = norm1_->forward(x);
    const at::Tensor kept = pooled(widen_.is_empty() ? x : widen_->forward(normed));
    const at::Tensor attended = kept + dropPath(attention(normed, keyReal, probabilities), dropChance_, is_training());
    const at::Tensor added = fc2_->forward(activate(fc1_->forward(norm2_->forward(attended)), params_.activation));
    if (mlpOutput != nullptr) *mlpOutput = added;
    return attended + dropPath(added, dropChance_, is_training());
}

}  // namespace maskscope
