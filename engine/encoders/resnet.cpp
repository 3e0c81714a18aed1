#include "encoders/resnet.h"

#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/drop_path.h"
#include "layers/map_convolution.h"
#include "tensor/gather.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

namespace maskscope {

ResNet::Params ResNet::Params::read(ParamReader& reader) {
    Params p;
    p.depths = reader.integers("depths", {3, 4, 6, 3}, Range::atLeast(1), "blocks of every stage");
    p.width = reader.integer("width", 64, Range::atLeast(1),
                             "channels of the stem and inside the blocks of the first stage; they double from stage to stage");
    p.bottleneck = reader.choice("block", "bottleneck", {"basic", "bottleneck"},
                                 "basic: two 3 x 3 convolutions; bottleneck: one between two of 1 x 1, and four times the width") == "bottleneck";
    p.stemKernel = reader.integer("stem_kernel", 7, Range::atLeast(1), "side of the first convolution, an odd number");
    if (p.stemKernel % 2 == 0) reader.fail("stem_kernel", fmt::format("is {}, expected an odd number", p.stemKernel));
    p.stemStride = reader.integer("stem_stride", 2, Range::atLeast(1), "stride of the first convolution");
    p.stemPools = reader.flag("stem_pool", true, "whether a pooling of 3 x 3, which halves the map, follows it");
    p.normEps = reader.number("norm_eps", 1e-5, Range::positive(), "added to the variance in norms");
    p.dropPath = reader.number("drop_path", 0.0, {.min = 0, .max = 1, .openMax = true},
                               "chance that a sample skips the last block's branch, growing linearly from 0 at the first (stochastic depth)");
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

ResNet::ResNet(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'resnet'")) {
    const std::int64_t total = params.totalStride();
    if (input_.patchHeight != total || input_.patchWidth != total)
        throw RecipeError(fmt::format(
            "input.patch is {} x {}, but a place of the last of {} stages of encoder 'resnet' covers {} x {} pixels; set input.patch = [{}, {}]",
            input_.patchHeight, input_.patchWidth, params.stages(), total, total, total, total));
    const auto options = torch::nn::Conv2dOptions(input_.channels, params.width, params.stemKernel).stride(params.stemStride);
    stem_ = register_module("stem", torch::nn::Conv2d(torch::nn::Conv2dOptions(options).padding(params.stemKernel / 2).bias(false)));
    stemNorm_ = register_module("stem_norm", std::make_shared<Norm>("batch", params.width, params.normEps));
    std::int64_t inputs = params.width, number = 0;
    for (std::size_t stage = 0; stage < params.stages(); ++stage) {
        Stage& made = stages_.emplace_back();
        for (std::int64_t i = 0; i < params.depths[stage]; ++i, ++number) {
            const ResNetBlockParams block{.bottleneck = params.bottleneck,
                                          .inputs = inputs,
                                          .width = params.width << stage,
                                          .stride = stage > 0 && i == 0 ? 2 : 1,
                                          .normEps = params.normEps,
                                          .dropPath = dropPathOfBlock(params.dropPath, number, depth())};
            made.push_back(register_module(fmt::format("block{}", number), std::make_shared<ResNetBlock>(block)));
            inputs = block.outputs();
        }
    }
}

std::int64_t ResNet::depth() const { return std::accumulate(params_.depths.begin(), params_.depths.end(), std::int64_t{0}); }

std::vector<std::int64_t> ResNet::mapWidths() const {
    std::vector<std::int64_t> widths;
    for (std::size_t stage = 0; stage < params_.stages(); ++stage) widths.push_back(params_.widthOf(stage));
    return widths;
}

bool ResNet::honours(const Corruption& corruption) const {
    if (corruption.kind == CorruptionKind::Zero) return corruption.place == CorruptionPlace::Input;
    return corruption.kind == CorruptionKind::None || (corruption.leavesOut() && corruption.place == CorruptionPlace::Embedding);
}

at::Tensor ResNet::stem(const at::Tensor& pixels, const at::Tensor& visible) {
    const at::Tensor x = convolveMap(stem_, pixels.permute({0, 2, 3, 1}));
    return at::relu(stemNorm_->forward(x, everyNth(visible, params_.stemStride)));
}

std::vector<at::Tensor> ResNet::run(const at::Tensor& pixels, at::Tensor visible, const Taps& taps, Features& features) {
    at::Tensor x = stem(pixels, visible);
    visible = everyNth(visible, params_.stemStride);
    if (params_.stemPools) {
        x = at::max_pool2d(x.permute({0, 3, 1, 2}), 3, 2, 1).permute({0, 2, 3, 1});
        visible = everyNth(visible, 2);
        if (visible.defined()) x = x * visible;
    }
    std::vector<at::Tensor> said;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
        const bool isTapped = taps.layers && stage + 1 == stages_.size();
        for (std::size_t i = 0; i < stages_[stage].size(); ++i) {
            x = stages_[stage][i]->forward(x, visible);
            if (stage > 0 && i == 0) visible = everyNth(visible, 2);
            if (isTapped) features.layers.push_back(x.flatten(1, 2));
        }
        said.push_back(x);
    }
    return said;
}

std::vector<at::Tensor> ResNet::maps(const at::Tensor& pixels, const at::Tensor& visible) {
    Features untapped;
    return run(pixels, visible, {}, untapped);
}

Features ResNet::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    at::Tensor pixels = view.pixels();
    requireImages(pixels, input_, "the ResNet");
    at::Tensor visible;
    if (corruption.kind != CorruptionKind::None) pixels = withoutHidden(pixels, plan, corruption.role, input_);
    if (corruption.leavesOut())
        visible = patchesToMap(1 - plan.mask(corruption.role).hidden.to(pixels.device(), pixels.scalar_type()), input_, input_.patchHeight);
    Features features;
    features.dropped = corruption.leavesOut();
    features.geometry = Geometry::grid(pixels.size(0), {input_.gridRows(), input_.gridColumns()});
    features.maps = run(pixels, visible, taps, features);
    features.tokens = features.maps.back().flatten(1, 2);
    if (features.dropped) features.tokens = takeTokens(features.tokens, plan.split(corruption.role).visible);
    return features;
}

std::int64_t ResNet::layerOf(const std::string& parameterName) const {
    return parameterName.compare(0, 5, "block") == 0 ? 1 + std::stoll(parameterName.substr(5)) : 0;
}

}  // namespace maskscope
