#include "layers/codebook.h"

#include <torch/torch.h>

namespace maskscope {

Codebook::Codebook(std::int64_t entries, std::int64_t width, double commitment) : commitment_(commitment) {
    table_ = register_parameter("table", torch::zeros({entries, width}));
}

at::Tensor squaredDistances(const at::Tensor& vectors, const at::Tensor& entries) {
    return vectors.square().sum(-1, true) + entries.square().sum(1) - 2 * at::matmul(vectors, entries.t());
}

at::Tensor Codebook::distances(const at::Tensor& vectors) const { return squaredDistances(vectors, table_); }

Codebook::Choice Codebook::nearest(const at::Tensor& vectors) const {
    Choice choice;
    choice.codes = distances(vectors).argmin(1);
    const at::Tensor entries = entriesOf(choice.codes);
    choice.loss = (entries.detach() - vectors).square().mean() + commitment_ * (entries - vectors.detach()).square().mean();
    choice.vectors = vectors + (entries - vectors).detach();
    return choice;
}

at::Tensor Codebook::entriesOf(const at::Tensor& codes) const { return at::embedding(table_, codes); }

}  // namespace maskscope
