#include "layers/series_block.h"

#include <torch/torch.h>

#include "layers/activation.h"

namespace maskscope {

SeriesBlock::SeriesBlock(const TransformerParams& params, bool acrossSeries) : params_(params), fc1_(nullptr), fc2_(nullptr) {
    const std::int64_t hidden = params.hiddenWidth();
    const auto norm = [&] { return std::make_shared<Norm>(params.normKind, params.width, params.normEps); };
    const auto linear = [&](std::int64_t from, std::int64_t to) {
        return torch::nn::Linear(torch::nn::LinearOptions(from, to).bias(params.mlpBias));
    };
    norm1_ = register_module("norm1", norm());
    attention_ = register_module("attn", std::make_shared<Attention>(params.attention()));
    if (acrossSeries) normAcross_ = register_module("norm_across", norm());
    norm2_ = register_module("norm2", norm());
    fc1_ = register_module("fc1", linear(params.width, hidden));
    fc2_ = register_module("fc2", linear(hidden, params.width));
}

template <typename Branch>
at::Tensor SeriesBlock::added(const at::Tensor& x, Norm& norm, Branch branch) const {
    if (params_.normPlace == NormPlace::After) return norm.forward(x + branch(x));
    return x + branch(norm.forward(x));
}

at::Tensor SeriesBlock::forward(const at::Tensor& x, at::Tensor* probabilities, at::Tensor* mlpOutput) {
    const std::int64_t batch = x.size(0), series = x.size(1), length = x.size(2), width = x.size(3);
    at::Tensor result = added(x.reshape({batch * series, length, width}), *norm1_,
                              [&](const at::Tensor& value) { return attention_->forward(value, {}, probabilities); });
    if (normAcross_) {
        result = result.view({batch, series, length, width}).transpose(1, 2).reshape({batch * length, series, width});
        result = added(result, *normAcross_, [&](const at::Tensor& value) { return attention_->forward(value, {}, nullptr); });
        result = result.view({batch, length, series, width}).transpose(1, 2).reshape({batch * series, length, width});
    }
    at::Tensor mlp;
    result = added(result, *norm2_, [&](const at::Tensor& value) { return mlp = fc2_->forward(activate(fc1_->forward(value), params_.activation)); });
    if (mlpOutput != nullptr) *mlpOutput = mlp.view({batch, series, length, width});
    return result.view({batch, series, length, width});
}

}  // namespace maskscope
