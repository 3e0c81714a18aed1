#include "layers/resnet_block.h"

#include <string>

#include <torch/torch.h>

#include "layers/drop_path.h"
#include "layers/map_convolution.h"

namespace maskscope {

at::Tensor everyNth(const at::Tensor& map, std::int64_t stride) {
    if (!map.defined() || stride == 1) return map;
    return map.slice(1, 0, map.size(1), stride).slice(2, 0, map.size(2), stride);
}

ResNetBlock::ResNetBlock(const ResNetBlockParams& params) : params_(params) {
    if (params.bottleneck) addConvolution(params.inputs, params.width, 1, 1);
    addConvolution(params.bottleneck ? params.width : params.inputs, params.width, 3, params.stride);
    addConvolution(params.width, params.outputs(), params.bottleneck ? 1 : 3, 1);
    if (params.stride == 1 && params.inputs == params.outputs()) return;
    shortcut_ = register_module("shortcut",
                                torch::nn::Conv2d(torch::nn::Conv2dOptions(params.inputs, params.outputs(), 1).stride(params.stride).bias(false)));
    shortcutNorm_ = register_module("shortcut_norm", std::make_shared<Norm>("batch", params.outputs(), params.normEps));
}

void ResNetBlock::addConvolution(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t stride) {
    const std::string number = std::to_string(convolutions_.size() + 1);
    const auto options = torch::nn::Conv2dOptions(inputs, outputs, kernel).stride(stride).padding(kernel / 2).bias(false);
    convolutions_.push_back(register_module("conv" + number, torch::nn::Conv2d(options)));
    norms_.push_back(register_module("norm" + number, std::make_shared<Norm>("batch", outputs, params_.normEps)));
}

at::Tensor ResNetBlock::forward(const at::Tensor& x, const at::Tensor& visible) {
    const at::Tensor visibleAfter = everyNth(visible, params_.stride);
    at::Tensor branch = x;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
        const bool isBeforeStride = params_.bottleneck && i == 0;
        branch = norms_[i]->forward(convolveMap(convolutions_[i], branch), isBeforeStride ? visible : visibleAfter);
        if (i + 1 < convolutions_.size()) branch = at::relu(branch);
    }
    const at::Tensor shortcut = shortcut_.is_empty() ? x : shortcutNorm_->forward(convolveMap(shortcut_, x), visibleAfter);
    return at::relu(shortcut + dropPath(branch, params_.dropPath, is_training()));
}

}  // namespace maskscope
