#include "encoders/dalle_encoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t side) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, side).padding(side / 2));
}

}  // namespace

DalleEncoder::Params DalleEncoder::Params::read(ParamReader& reader) {
    Params p;
    p.vocabulary = reader.integer("vocabulary", p.vocabulary, Range::atLeast(2), "codes (V)");
    p.width = reader.integer("width", p.width, Range::atLeast(4), "channels of the first group of blocks; they double from group to group");
    p.blocks = reader.integer("blocks", p.blocks, Range::between(1, 100), "residual blocks a group");
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

DalleEncoder::DalleEncoder(const Params& params, const InputSpec& input)
    : params_(params), input_(input.image("encoder 'dalle'")), input2d_(nullptr), output2d_(nullptr) {
    groups_ = dalleHalvings(input_.patchHeight, input_.patchWidth, "encoder 'dalle'") + 1;
    const double share = 1.0 / static_cast<double>(groups_ * groups_ * params.blocks * params.blocks);
    input2d_ = register_module("input", convolution(input_.channels, params.width, 7));
    std::int64_t width = params.width;
    for (std::int64_t group = 0; group < groups_; ++group)
        for (std::int64_t i = 0; i < params.blocks; ++i) {
            const std::int64_t next = params.width << group;
            blocks_.push_back(
                register_module("block" + std::to_string(blocks_.size()), std::make_shared<DalleBlock>(width, next, share, DalleBlock::kEncoder)));
            width = next;
        }
    output2d_ = register_module("output", convolution(width, params.vocabulary, 1));
}

at::Tensor DalleEncoder::logits(const at::Tensor& pixels) {
    if (pixels.dim() != 4 || pixels.size(1) != input_.channels || pixels.size(2) < input_.patchHeight || pixels.size(3) < input_.patchWidth)
        throw ShapeError(fmt::format("the tokenizer takes images [B, {0}, H, W] of at least {1} x {1} pixels, found [{2}]", input_.channels,
                                     input_.patchHeight, fmt::join(pixels.sizes(), ", ")));
    at::Tensor x = input2d_->forward(pixels);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        if (i > 0 && static_cast<std::int64_t>(i) % params_.blocks == 0) x = at::max_pool2d(x, 2);
        x = blocks_[i]->forward(x);
    }
    return output2d_->forward(at::relu(x));
}

Features DalleEncoder::forward(const View& view, const MaskPlan&, const Corruption&, const Taps&) {
    const at::Tensor map = logits(view.pixels());
    Features features;
    features.geometry = Geometry::grid(map.size(0), {map.size(2), map.size(3)});
    features.tokens = map.flatten(2).transpose(1, 2);
    return features;
}

std::int64_t DalleEncoder::depth() const { return groups_ * params_.blocks; }

std::int64_t DalleEncoder::layerOf(const std::string& parameterName) const {
    if (parameterName.compare(0, 5, "block") == 0) return 1 + std::stoll(parameterName.substr(5));
    return parameterName.compare(0, 6, "output") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
