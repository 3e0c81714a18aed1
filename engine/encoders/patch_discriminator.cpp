#include "encoders/patch_discriminator.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/map_convolution.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr std::int64_t kKernel = 4, kMostDoublings = 3;
constexpr double kNormEps = 1e-5, kSlope = 0.2;

}  // namespace

PatchDiscriminator::Params PatchDiscriminator::Params::read(ParamReader& reader) {
    Params p;
    p.width = reader.integer("width", p.width, Range::atLeast(1), "channels of the first convolution; they double up to eight times that");
    p.layers = reader.integer("layers", p.layers, Range::between(1, 10), "convolutions that halve the map");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

PatchDiscriminator::PatchDiscriminator(const Params& params, const InputSpec& input)
    : params_(params), input_(input.image("encoder 'patch_discriminator'")) {
    const std::int64_t side = std::min(input_.height, input_.width) >> params.layers;
    if (side < 3)  // the last two convolutions take a place from each side
        throw RecipeError(
            fmt::format("encoder 'patch_discriminator' halves images of {} x {} pixels {} times, which leaves nothing to judge; set fewer "
                        "layers",
                        input_.height, input_.width, params.layers));
    std::int64_t from = input_.channels;
    for (std::int64_t i = 0; i <= params.layers + 1; ++i) {
        const bool isFirst = i == 0, isLast = i == params.layers + 1;
        const std::int64_t to = isLast ? 1 : params.width << std::min(i, kMostDoublings);
        const auto options = torch::nn::Conv2dOptions(from, to, kKernel).stride(i < params.layers ? 2 : 1).padding(1).bias(isFirst || isLast);
        convolutions_.push_back(register_module(fmt::format("conv{}", i), torch::nn::Conv2d(options)));
        if (!isFirst && !isLast) norms_.push_back(register_module(fmt::format("norm{}", i), std::make_shared<Norm>("batch", to, kNormEps)));
        from = to;
    }
}

Features PatchDiscriminator::forward(const View& view, const MaskPlan&, const Corruption&, const Taps&) {
    requireImages(view.pixels(), input_, "encoder 'patch_discriminator'");
    at::Tensor x = view.pixels().permute({0, 2, 3, 1});
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
        if (i > 0) x = at::leaky_relu(i == 1 ? x : norms_[i - 2]->forward(x), kSlope);
        x = convolveMap(convolutions_[i], x);
    }
    Features features;
    features.geometry = Geometry::grid(x.size(0), {x.size(1), x.size(2)});
    features.tokens = x.flatten(1, 2);
    return features;
}

std::int64_t PatchDiscriminator::layerOf(const std::string& parameterName) const {
    return std::min(std::stoll(parameterName.substr(4)), static_cast<long long>(depth()) + 1);  // conv{i}, norm{i}
}

}  // namespace maskscope
