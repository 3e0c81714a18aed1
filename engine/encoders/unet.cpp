#include "encoders/unet.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/patches.h"

namespace maskscope {

UNet::Params UNet::Params::read(ParamReader& reader) {
    Params p;
    p.outputs = reader.integer("outputs", p.outputs, Range::between(1, 1024), "values that it says of every pixel, such as masks that it draws");
    p.width = reader.integer("width", p.width, Range::atLeast(1), "channels of the finest maps; twice as many on the coarsest three");
    if (p.width % UNetBlock::kGroups != 0)
        reader.fail("width", fmt::format("is {}, expected a multiple of {}, the groups of its norms", p.width, UNetBlock::kGroups));
    p.levels = reader.integer("levels", p.levels, Range::between(2, 10), "sizes of maps, each half as large as the one before");
    p.inner = reader.integer("inner", p.inner, Range::atLeast(1), "channels of the linear layers between the coarsest maps");
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

UNet::UNet(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'unet'")) {
    const std::int64_t shrinking = std::int64_t{1} << (params.levels - 1);
    if (input_.height % shrinking != 0 || input_.width % shrinking != 0)
        throw RecipeError(fmt::format("encoder 'unet' halves the sides {} times, but images are {} x {}; choose fewer levels", params.levels - 1,
                                      input_.height, input_.width));
    for (std::int64_t level = 0; level < params.levels; ++level) {
        const std::int64_t finer = level == 0 ? input_.channels : params.downWidth(level - 1);
        down_.push_back(register_module(fmt::format("down{}", level), std::make_shared<UNetBlock>(finer, params.downWidth(level))));
    }
    for (std::int64_t level = 0; level < params.levels; ++level) {
        const std::int64_t coarser = level + 1 == params.levels ? params.downWidth(level) : params.upWidth(level + 1);
        up_.push_back(
            register_module(fmt::format("up{}", level), std::make_shared<UNetBlock>(coarser + params.downWidth(level), params.upWidth(level))));
    }
    const std::int64_t values = params.downWidth(params.levels - 1) * (input_.height / shrinking) * (input_.width / shrinking);
    for (const auto& [from, to] : {std::pair{values, params.inner}, std::pair{params.inner, params.inner}, std::pair{params.inner, values}})
        inner_.push_back(register_module(fmt::format("inner{}", inner_.size()), torch::nn::Linear(from, to)));
    output_ = register_module("output", torch::nn::Conv2d(torch::nn::Conv2dOptions(params.upWidth(0), params.outputs, 1)));
}

at::Tensor UNet::throughBottleneck(const at::Tensor& coarsest) {
    at::Tensor x = coarsest.flatten(1);
    for (torch::nn::Linear& layer : inner_) x = at::relu(layer->forward(x));
    return x.view(coarsest.sizes());
}

Features UNet::forward(const View& view, const MaskPlan&, const Corruption&, const Taps&) {
    requireImages(view.pixels(), input_, "the U-Net");
    std::vector<at::Tensor> seen;
    for (const auto& block : down_) {
        const at::Tensor finer = seen.empty() ? view.pixels() : seen.back().slice(2, 0, std::nullopt, 2).slice(3, 0, std::nullopt, 2);
        seen.push_back(block->forward(finer));
    }
    at::Tensor x = throughBottleneck(seen.back());
    for (std::size_t level = up_.size(); level-- > 0;) {
        x = up_[level]->forward(at::cat({x, seen[level]}, 1));
        if (level > 0) x = at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
    }
    Features features;
    features.geometry = Geometry::grid(x.size(0), {input_.height, input_.width});
    features.tokens = output_->forward(x).flatten(2).transpose(1, 2);
    return features;
}

std::int64_t UNet::layerOf(const std::string& parameterName) const {
    if (parameterName.compare(0, 4, "down") == 0) return 1 + std::stoll(parameterName.substr(4));
    if (parameterName.compare(0, 2, "up") == 0) return depth() - std::stoll(parameterName.substr(2));
    return parameterName.compare(0, 5, "inner") == 0 ? params_.levels : depth() + 1;
}

}  // namespace maskscope
