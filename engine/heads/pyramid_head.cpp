#include "heads/pyramid_head.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/map_convolution.h"
#include "tensor/gather.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr double kBatchEps = 1e-5, kLayerEps = 1e-6;  // as in the authors' code

}  // namespace

PyramidHead::Params PyramidHead::Params::read(ParamReader& reader) {
    Params p;
    p.width = reader.integer("width", p.width, Range::atLeast(2), "channels at the coarsest map; they halve from block to block");
    p.norm = reader.choice("norm", p.norm, {"layer", "batch"}, "of the encoder's maps, over visible places");
    return p;
}

PyramidHead::PyramidHead(const Params& params, const HeadContext& context) : input_(context.input.image("head 'pyramid'")) {
    if (context.mapWidths.empty())
        throw RecipeError(
            "head 'pyramid' reads the maps of a network of convolutions, and this encoder has none; choose encoder 'resnet' or "
            "'convnext_v2', or head 'transformer'");
    if (context.targetWidth != input_.patchValues())
        throw RecipeError(fmt::format("head 'pyramid' paints the {} values of a patch, but the target has {}; choose target 'pixel'",
                                      input_.patchValues(), context.targetWidth));
    const std::int64_t side = input_.patchHeight;
    if (side != input_.patchWidth || side < 2 || !std::has_single_bit(static_cast<std::uint64_t>(side)))
        throw RecipeError(
            fmt::format("head 'pyramid' doubles the sides until they are the image's, but input.patch is {} x {}; choose a power of two", side,
                        input_.patchWidth));
    if (params.width % side != 0)
        throw RecipeError(
            fmt::format("head 'pyramid' halves its width {} with every block; choose a multiple of the patch side {}", params.width, side));
    const auto levels = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(side))) - 1;
    for (std::int64_t level = 0; level < levels; ++level) {
        const std::int64_t width = params.width >> level;
        if (level < static_cast<std::int64_t>(context.mapWidths.size()))
            addEntrance(level, *(context.mapWidths.rbegin() + level), width, params.norm);
        addBlock(level, width);
    }
    predict_ = register_module("predict", torch::nn::Conv2d(torch::nn::Conv2dOptions(params.width >> levels, input_.channels, 1)));
}

void PyramidHead::addEntrance(std::int64_t level, std::int64_t mapWidth, std::int64_t width, const std::string& norm) {
    Entrance& made = entrances_.emplace_back();
    const std::string name = fmt::format("map{}_", level);
    made.norm = register_module(name + "norm", std::make_shared<Norm>(norm, mapWidth, norm == "batch" ? kBatchEps : kLayerEps));
    made.maskToken = register_parameter(name + "mask_token", torch::zeros({mapWidth}));
    if (level == 0 && mapWidth == width) return;
    const std::int64_t kernel = level == 0 ? 1 : 3;
    made.projection = register_module(name + "projection", torch::nn::Conv2d(torch::nn::Conv2dOptions(mapWidth, width, kernel).padding(kernel / 2)));
}

void PyramidHead::addBlock(std::int64_t level, std::int64_t width) {
    Block& made = blocks_.emplace_back();
    const std::string name = fmt::format("block{}_", level);
    const auto convolution = [&](std::int64_t outputs) {
        return torch::nn::Conv2d(torch::nn::Conv2dOptions(width, outputs, 3).padding(1).bias(false));
    };
    made.up = register_module(name + "up", torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(width, width, 4).stride(2).padding(1)));
    made.conv1 = register_module(name + "conv1", convolution(width));
    made.norm1 = register_module(name + "norm1", std::make_shared<Norm>("batch", width, kBatchEps));
    made.conv2 = register_module(name + "conv2", convolution(width / 2));
    made.norm2 = register_module(name + "norm2", std::make_shared<Norm>("batch", width / 2, kBatchEps));
}

at::Tensor PyramidHead::enter(Entrance& entrance, const at::Tensor& map, const at::Tensor& visible) {
    at::Tensor x = entrance.norm->forward(map, visible);
    if (visible.defined()) x = x + entrance.maskToken * (1 - visible);
    return entrance.projection.is_empty() ? x : convolveMap(entrance.projection, x);
}

at::Tensor PyramidHead::grow(Block& block, const at::Tensor& x) {
    const at::Tensor inner = block.norm1->forward(convolveMap(block.conv1, convolveMap(block.up, x)));
    return block.norm2->forward(convolveMap(block.conv2, at::clamp(inner, 0, 6)));
}

at::Tensor PyramidHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    if (features.maps.size() < entrances_.size())
        throw ShapeError(fmt::format("head 'pyramid' reads {} maps, but the encoder gave {}", entrances_.size(), features.maps.size()));
    at::Tensor seen;  // [B, N], 1 = visible
    if (features.dropped) {
        if (split == nullptr) throw ShapeError("the encoder dropped tokens, but the head was not told which");
        const auto options = features.maps.back().options();
        seen = restoreTokens(at::ones({split->visible.size(0), split->visibleCount(), 1}, options), at::zeros({1}, options), *split).squeeze(-1);
    }
    at::Tensor x;
    for (std::size_t level = 0; level < blocks_.size(); ++level) {
        if (level < entrances_.size()) {
            const at::Tensor visible = seen.defined() ? patchesToMap(seen, input_, std::int64_t{1} << level) : at::Tensor();
            const at::Tensor entering = enter(entrances_[level], *(features.maps.rbegin() + static_cast<std::ptrdiff_t>(level)), visible);
            x = x.defined() ? x + entering : entering;
        }
        x = grow(blocks_[level], x);
    }
    const at::Tensor pixels = predict_->forward(x.permute({0, 3, 1, 2}));
    return chooseRows(patchify(pixels, input_), split, rows);
}

}  // namespace maskscope
