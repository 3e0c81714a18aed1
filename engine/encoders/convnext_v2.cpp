#include "encoders/convnext_v2.h"

#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/drop_path.h"
#include "tensor/gather.h"
#include "tensor/patches.h"

namespace maskscope {
ConvNextV2::Params ConvNextV2::Params::read(ParamReader& reader) {
    Params p;
    p.stemPatch = reader.integer("stem_patch", 4, Range::atLeast(1),
                                 "side of the first patches, in pixels; input.patch is this times 2 for every further stage");
    p.depths = reader.integers("depths", {3, 3, 9, 3}, Range::atLeast(1), "blocks of every stage");
    p.widths = reader.integers("widths", {96, 192, 384, 768}, Range::atLeast(1), "channels of every stage");
    if (!reader.isDocumenting() && p.widths.size() != p.depths.size())
        reader.fail("widths", fmt::format("has {} values, expected {}, one for every stage of depths", p.widths.size(), p.depths.size()));
    p.kernels = reader.integers("kernel", {7}, Range::atLeast(1), "side of the depthwise convolutions, an odd number: one, or one a stage");
    if (p.kernels.size() == 1) p.kernels.resize(p.stages(), p.kernels.front());
    if (!reader.isDocumenting() && p.kernels.size() != p.stages())
        reader.fail("kernel", fmt::format("has {} values, expected 1 or {}, one for every stage of depths", p.kernels.size(), p.stages()));
    for (const std::int64_t kernel : p.kernels)
        if (kernel % 2 == 0) reader.fail("kernel", fmt::format("is {}, expected an odd number", kernel));
    p.downsFirst = reader.flag("down_first", false, "whether the first stage too begins by halving the map");
    p.block.activation = readActivation(reader, "gelu");
    p.block.normEps = reader.number("norm_eps", 1e-6, Range::positive(), "added to the variance in norms");
    p.block.convolutionBias = reader.flag("convolution_bias", true, "whether convolutions have biases");
    p.block.responseNorm = reader.flag("response_norm", true, "global response normalization inside the blocks; false: as in the first ConvNeXt");
    p.block.layerScale = reader.number("layer_scale", 0.0, Range::atLeast(0),
                                       "first value of a learned factor a channel on the branches (the first ConvNeXt: 1e-6); 0: there is none");
    p.dropPath = reader.number("drop_path", 0.0, {.min = 0, .max = 1, .openMax = true},
                               "chance that a sample skips the last block's branch, growing linearly from 0 at the first (stochastic depth)");
    p.initialization = reader.choice("initialization", "normal", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

ConvNextV2::ConvNextV2(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'convnext_v2'")) {
    const std::int64_t stride = params.totalStride();
    if (input_.patchHeight != stride || input_.patchWidth != stride)
        throw RecipeError(fmt::format(
            "input.patch is {} x {}, but a place of the last of {} stages of encoder 'convnext_v2' covers {} x {} pixels; set input.patch = [{}, {}]",
            input_.patchHeight, input_.patchWidth, params.stages(), stride, stride, stride, stride));
    const std::int64_t width = params.widths.front();
    stem_ = register_module(
        "stem", torch::nn::Conv2d(
                    torch::nn::Conv2dOptions(input_.channels, width, params.stemPatch).stride(params.stemPatch).bias(params.block.convolutionBias)));
    stemNorm_ = register_module("stem_norm", std::make_shared<Norm>("layer", width, params_.block.normEps));
    for (std::size_t stage = 0; stage < params.stages(); ++stage) addStage(stage);
}

void ConvNextV2::addStage(std::size_t stage) {
    const std::int64_t width = params_.widths[stage];
    Stage made;
    ConvNextBlockParams block = params_.block;
    block.kernel = params_.kernels[stage];
    if (stage > 0 || params_.downsFirst) {
        const std::int64_t before = params_.widths[stage > 0 ? stage - 1 : 0];
        made.norm = register_module(fmt::format("down{}_norm", stage), std::make_shared<Norm>("layer", before, params_.block.normEps));
        made.down = register_module(fmt::format("down{}", stage),
                                    torch::nn::Conv2d(torch::nn::Conv2dOptions(before, width, 2).stride(2).bias(block.convolutionBias)));
    }
    std::int64_t number = std::accumulate(params_.depths.begin(), params_.depths.begin() + static_cast<std::ptrdiff_t>(stage), std::int64_t{0});
    for (std::int64_t i = 0; i < params_.depths[stage]; ++i, ++number)
        made.blocks.push_back(register_module(fmt::format("block{}", number),
                                              std::make_shared<ConvNextBlock>(width, block, dropPathOfBlock(params_.dropPath, number, depth()))));
    stages_.push_back(std::move(made));
}

std::int64_t ConvNextV2::depth() const { return std::accumulate(params_.depths.begin(), params_.depths.end(), std::int64_t{0}); }

bool ConvNextV2::honours(const Corruption& corruption) const {
    if (corruption.kind == CorruptionKind::None) return true;
    return corruption.place == CorruptionPlace::Embedding &&
           (corruption.leavesOut() || corruption.kind == CorruptionKind::Token || corruption.kind == CorruptionKind::Zero);
}

void ConvNextV2::prepare(const Corruption& corruption) {
    if (corruption.kind == CorruptionKind::Token && !maskToken_.defined())
        maskToken_ = register_parameter("mask_token", torch::zeros({params_.widths.front()}));
}

at::Tensor ConvNextV2::stem(const at::Tensor& pixels) { return stemNorm_->forward(stem_->forward(pixels).permute({0, 2, 3, 1})); }

at::Tensor ConvNextV2::goDown(Stage& stage, const at::Tensor& x) {
    return stage.norm ? stage.down->forward(stage.norm->forward(x).permute({0, 3, 1, 2})).permute({0, 2, 3, 1}) : x;
}

std::vector<at::Tensor> ConvNextV2::maps(const at::Tensor& pixels) {
    std::vector<at::Tensor> said{stem(pixels)};
    for (Stage& stage : stages_) {
        at::Tensor x = goDown(stage, said.back());
        for (const auto& block : stage.blocks) x = block->forward(x, {});
        said.push_back(x);
    }
    return said;
}

Features ConvNextV2::forward(const View& view, const MaskPlan& plan, const Corruption& corruption, const Taps& taps) {
    at::Tensor pixels = view.pixels();
    requireImages(pixels, input_, "the ConvNeXt");
    const bool hides = corruption.kind != CorruptionKind::None, drops = corruption.leavesOut();
    if (hides && plan.copies() > 1) pixels = pixels.repeat_interleave(plan.copies(), 0);
    at::Tensor x = stem(pixels), seen;                             // seen: [B, N] float, 1 = visible
    std::int64_t places = input_.patchHeight / params_.stemPatch;  // along a side of a patch
    if (hides) {
        seen = 1 - plan.mask(corruption.role).hidden.to(x.device(), x.scalar_type());
        const at::Tensor weight = patchesToMap(seen, input_, places);
        x = x * weight;
        if (corruption.kind == CorruptionKind::Token) x = x + maskToken_ * (1 - weight);
    }
    Features features;
    features.dropped = drops;
    features.geometry = Geometry::grid(pixels.size(0), {input_.gridRows(), input_.gridColumns()});
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        if (stages_[i].norm) places /= 2;
        const at::Tensor visible = drops ? patchesToMap(seen, input_, places) : at::Tensor();
        x = goDown(stages_[i], x);
        if (drops) x = x * visible;
        for (const auto& block : stages_[i].blocks) {
            if (taps.layers && i + 1 == stages_.size() && features.layers.empty()) features.embedded = x.flatten(1, 2);
            x = block->forward(x, visible);
            if (taps.layers && i + 1 == stages_.size()) features.layers.push_back(x.flatten(1, 2));
        }
        features.maps.push_back(x);
    }
    features.tokens = x.flatten(1, 2);
    if (drops) features.tokens = takeTokens(features.tokens, plan.split(corruption.role).visible);
    return features;
}

std::int64_t ConvNextV2::layerOf(const std::string& parameterName) const {
    if (parameterName.compare(0, 5, "block") == 0) return 1 + std::stoll(parameterName.substr(5));
    if (parameterName.compare(0, 4, "down") != 0) return 0;
    const auto last = params_.depths.begin() + std::stoll(parameterName.substr(4));
    return 1 + std::accumulate(params_.depths.begin(), last, std::int64_t{0});
}

}  // namespace maskscope
