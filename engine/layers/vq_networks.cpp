#include "layers/vq_networks.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/dalle_block.h"

namespace maskscope {
namespace {

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to) { return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 3).padding(1)); }

}  // namespace

VqNetworkParams VqNetworkParams::read(ParamReader& reader) {
    VqNetworkParams p;
    p.width = reader.integer("width", p.width, Range::atLeast(1), "channels of the finest level");
    p.multipliers = reader.integers("multipliers", {1, 2, 4}, Range::atLeast(1),
                                    "of the width, a level, the finest first; every level after the first halves the map");
    p.blocks = reader.integer("blocks", p.blocks, Range::between(1, 100), "residual blocks a level (the decoder has one more)");
    const std::vector<std::int64_t> attending =
        reader.integers("attention", {}, Range::atLeast(0), "levels with attention after each block, counted from 0, the finest");
    p.middleAttends = reader.flag("middle_attention", p.middleAttends, "whether there is attention between the two blocks after the coarsest level");
    p.latentWidth = reader.integer("code_width", p.latentWidth, Range::atLeast(1), "width of the codes' vectors (D)");
    p.groups = reader.integer("groups", p.groups, Range::atLeast(1), "groups of channels in every norm; they divide the width of every level");
    p.attends.assign(p.levels(), false);
    for (const std::int64_t level : attending) {
        if (level >= static_cast<std::int64_t>(p.levels()))
            reader.fail("attention", fmt::format("names level {}, but multipliers has {} levels, counted from 0", level, p.levels()));
        p.attends[static_cast<std::size_t>(level)] = true;
    }
    return p;
}

VqNetworkParams VqNetworkParams::forInput(const ImageInput& input, const char* who) const {
    const std::int64_t needed = dalleHalvings(input.patchHeight, input.patchWidth, who) + 1;
    if (static_cast<std::int64_t>(levels()) != needed)
        throw RecipeError(fmt::format("{} has {} multipliers, but patches of {} x {} pixels take {} levels; give a multiplier for each", who,
                                      levels(), input.patchHeight, input.patchWidth, needed));
    VqNetworkParams p = *this;
    p.channels = input.channels;
    return p;
}

VqMiddle::VqMiddle(std::int64_t width, bool attends, std::int64_t groups) {
    first_ = register_module("block0", std::make_shared<VqResidualBlock>(width, width, groups));
    if (attends) attention_ = register_module("attn", std::make_shared<VqAttentionBlock>(width, groups));
    second_ = register_module("block1", std::make_shared<VqResidualBlock>(width, width, groups));
}

at::Tensor VqMiddle::forward(const at::Tensor& x) {
    const at::Tensor first = first_->forward(x);
    return second_->forward(attention_ ? attention_->forward(first) : first);
}

VqEncoder::VqEncoder(const VqNetworkParams& params) {
    convIn_ = register_module("conv_in", convolution(params.channels, params.width));
    std::int64_t width = params.width;
    for (std::size_t i = 0; i < params.levels(); ++i) {
        levels_.push_back(register_module(fmt::format("level{}", i),
                                          std::make_shared<VqLevel>(width, params.widthOf(i), params.blocks, params.attends[i], params.groups)));
        width = params.widthOf(i);
        if (i + 1 < params.levels())
            downs_.push_back(register_module(fmt::format("down{}", i), torch::nn::Conv2d(torch::nn::Conv2dOptions(width, width, 3).stride(2))));
    }
    middle_ = register_module("middle", std::make_shared<VqMiddle>(width, params.middleAttends, params.groups));
    norm_ = register_module("norm", std::make_shared<VqNorm>(width, params.groups));
    convOut_ = register_module("conv_out", convolution(width, params.latentWidth));
}

at::Tensor VqEncoder::forward(const at::Tensor& pixels) {
    at::Tensor x = convIn_->forward(pixels);
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        x = levels_[i]->forward(x);
        if (i < downs_.size()) x = downs_[i]->forward(at::constant_pad_nd(x, {0, 1, 0, 1}));  // to the right and below alone
    }
    return convOut_->forward(norm_->forward(middle_->forward(x)));
}

VqDecoder::VqDecoder(const VqNetworkParams& params) {
    std::int64_t width = params.widthOf(params.levels() - 1);
    convIn_ = register_module("conv_in", convolution(params.latentWidth, width));
    middle_ = register_module("middle", std::make_shared<VqMiddle>(width, params.middleAttends, params.groups));
    for (std::size_t i = params.levels(); i-- > 0;) {
        levels_.push_back(register_module(fmt::format("level{}", i),
                                          std::make_shared<VqLevel>(width, params.widthOf(i), params.blocks + 1, params.attends[i], params.groups)));
        width = params.widthOf(i);
        if (i > 0) ups_.push_back(register_module(fmt::format("up{}", i), convolution(width, width)));
    }
    norm_ = register_module("norm", std::make_shared<VqNorm>(width, params.groups));
    convOut_ = register_module("conv_out", convolution(width, params.channels));
}

at::Tensor VqDecoder::forward(const at::Tensor& latent) {
    at::Tensor x = middle_->forward(convIn_->forward(latent));
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        x = levels_[i]->forward(x);
        if (i < ups_.size()) x = ups_[i]->forward(x.repeat_interleave(2, 2).repeat_interleave(2, 3));
    }
    return convOut_->forward(norm_->forward(x));
}

}  // namespace maskscope
