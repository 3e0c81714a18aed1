#include "layers/shrinking_adapter.h"

#include <torch/torch.h>

namespace maskscope {

ShrinkingAdapter::ShrinkingAdapter(const Params& params) : project_(nullptr), norm_(nullptr) {
    if (params.inputWidth != params.width) {
        project_ = register_module("project", torch::nn::Linear(params.inputWidth, params.width));
        norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({params.width})));
    }
    const auto options = torch::nn::Conv1dOptions(params.width, 2 * params.width, params.kernel).stride(params.stride).padding(1);
    for (std::int64_t i = 0; i < params.depth; ++i) convolutions_.push_back(register_module("conv" + std::to_string(i), torch::nn::Conv1d(options)));
}

at::Tensor ShrinkingAdapter::forward(const at::Tensor& x) {
    at::Tensor result = (project_.is_empty() ? x : norm_->forward(project_->forward(x))).transpose(1, 2);
    for (auto& convolution : convolutions_) result = at::glu(convolution->forward(result), 1);
    return result.transpose(1, 2);
}

}  // namespace maskscope
