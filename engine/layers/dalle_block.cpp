#include "layers/dalle_block.h"

#include <bit>
#include <string>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::int64_t kNarrowing = 4;  // of the inner width

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t side) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, side).padding(side / 2));
}

}  // namespace

DalleBlock::DalleBlock(std::int64_t from, std::int64_t to, double share, const Kernels& kernels) : share_(share), skip_(nullptr) {
    if (from != to) skip_ = register_module("skip", convolution(from, to, 1));
    std::int64_t width = from;
    for (const std::int64_t side : kernels) {
        const std::int64_t next = path_.size() + 1 == kernels.size() ? to : to / kNarrowing;
        path_.push_back(register_module("conv" + std::to_string(path_.size() + 1), convolution(width, next, side)));
        width = next;
    }
}

at::Tensor DalleBlock::forward(const at::Tensor& x) {
    at::Tensor y = x;
    for (torch::nn::Conv2d& step : path_) y = step->forward(at::relu(y));
    return (skip_.is_empty() ? x : skip_->forward(x)) + share_ * y;
}

std::int64_t dalleHalvings(std::int64_t patchHeight, std::int64_t patchWidth, const char* who) {
    if (patchHeight != patchWidth || patchHeight < 2 || !std::has_single_bit(static_cast<std::uint64_t>(patchHeight)))
        throw RecipeError(
            fmt::format("{} halves the sides until a place is one code, but input.patch is {} x {}; choose a square whose side is a power "
                        "of two, such as [8, 8]",
                        who, patchHeight, patchWidth));
    return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(patchHeight))) - 1;
}

}  // namespace maskscope
