#include "layers/relative_bias.h"

#include <torch/torch.h>

namespace maskscope {

RelativeBias::RelativeBias(std::int64_t rows, std::int64_t columns, std::int64_t heads, std::int64_t prefix)
    : rows_(rows), columns_(columns), prefix_(prefix) {
    window_ = register_module("window", std::make_shared<WindowBiasTable>(rows, columns, heads));
    if (prefix > 0) class_ = register_parameter("class_table", torch::zeros({3, heads}));
}

at::Tensor RelativeBias::forward() {
    const at::Tensor patches = window_->of(rows_, columns_);
    if (prefix_ == 0) return patches;
    const std::int64_t heads = patches.size(0), count = patches.size(1);
    const auto filled = [&](std::int64_t which, std::int64_t rows, std::int64_t columns) {
        return class_.select(0, which).view({heads, 1, 1}).expand({heads, rows, columns});
    };
    const at::Tensor ofClass = at::cat({filled(2, prefix_, prefix_), filled(0, prefix_, count)}, 2);
    return at::cat({ofClass, at::cat({filled(1, count, prefix_), patches}, 2)}, 1);
}

at::Tensor biasAt(const at::Tensor& bias, std::int64_t prefix, const at::Tensor& indices) {
    const std::int64_t batch = indices.size(0);
    const at::Tensor front = at::arange(prefix, indices.options()).expand({batch, prefix});
    const at::Tensor all = at::cat({front, indices + prefix}, 1);
    return bias.index({torch::indexing::Slice(), all.unsqueeze(2), all.unsqueeze(1)}).transpose(0, 1);
}

}  // namespace maskscope
