#include "layers/patch_merging.h"

#include <torch/torch.h>

#include "layers/linear_map.h"

namespace maskscope {
namespace {

constexpr double kNormEps = 1e-5;  // fixed in the reference implementations

}  // namespace

PatchMerging::PatchMerging(std::int64_t width, std::int64_t outputWidth, bool normsAfter) : normsAfter_(normsAfter), reduction_(nullptr) {
    norm_ = register_module("norm", std::make_shared<Norm>("layer", normsAfter ? outputWidth : 4 * width, kNormEps));
    reduction_ = register_module("reduction", torch::nn::Linear(torch::nn::LinearOptions(4 * width, outputWidth).bias(false)));
}

at::Tensor PatchMerging::forward(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns) {
    const std::int64_t batch = tokens.size(0), width = tokens.size(2), tall = (rows + 1) / 2, wide = (columns + 1) / 2;
    at::Tensor grid = tokens.view({batch, rows, columns, width});
    if (rows % 2 != 0 || columns % 2 != 0) grid = at::constant_pad_nd(grid, {0, 0, 0, columns % 2, 0, rows % 2});
    // The four tokens of a square column by column, as the published weights have them.
    const at::Tensor squares = grid.reshape({batch, tall, 2, wide, 2, width}).permute({0, 1, 3, 4, 2, 5}).reshape({batch, tall * wide, 4 * width});
    return normsAfter_ ? norm_->forward(linearMap(squares, reduction_)) : linearMap(norm_->forward(squares), reduction_);
}

}  // namespace maskscope
