#include "encoders/dalle_encoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

constexpr std::int64_t kGroups = 4, kCellPx = 8;  // three halvings
constexpr std::int64_t kNarrowing = 4;            // of a block's inner width

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to, std::int64_t side) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, side).padding(side / 2));
}

}  // namespace

/// x, or a linear map of it, plus a share of what four convolutions with a ReLU before each say about it.
class DalleEncoder::Block : public torch::nn::Module {
public:
    Block(std::int64_t from, std::int64_t to, double share) : share_(share), skip_(nullptr) {
        const std::int64_t inner = to / kNarrowing;
        if (from != to) skip_ = register_module("skip", convolution(from, to, 1));
        std::int64_t width = from;
        for (const std::int64_t side : {3, 3, 3, 1}) {
            const std::int64_t next = side == 1 ? to : inner;
            path_.push_back(register_module("conv" + std::to_string(path_.size() + 1), convolution(width, next, side)));
            width = next;
        }
    }
    at::Tensor forward(const at::Tensor& x) {
        at::Tensor y = x;
        for (torch::nn::Conv2d& step : path_) y = step->forward(at::relu(y));
        return (skip_.is_empty() ? x : skip_->forward(x)) + share_ * y;
    }

private:
    double share_;
    torch::nn::Conv2d skip_;
    std::vector<torch::nn::Conv2d> path_;
};

DalleEncoder::Params DalleEncoder::Params::read(ParamReader& reader) {
    Params p;
    p.vocabulary = reader.integer("vocabulary", p.vocabulary, Range::atLeast(2), "codes (V)");
    p.width = reader.integer("width", p.width, Range::atLeast(4), "channels of the first of four groups; the others have 2, 4 and 8 times as many");
    p.blocks = reader.integer("blocks", p.blocks, Range::between(1, 100), "residual blocks a group");
    p.initialization = reader.choice("initialization", "xavier", {"xavier", "normal"},
                                     "first values of the matrices: Xavier uniform, or normal with deviation 0.02");
    return p;
}

DalleEncoder::DalleEncoder(const Params& params, const InputSpec& input)
    : params_(params), input_(input.image("encoder 'dalle'")), input2d_(nullptr), output2d_(nullptr) {
    if (input_.patchHeight != kCellPx || input_.patchWidth != kCellPx)
        throw RecipeError(fmt::format("encoder 'dalle' gives one code for {0} x {0} pixels, but input.patch is {1} x {2}; set it to [{0}, {0}]", kCellPx,
                                      input_.patchHeight, input_.patchWidth));
    const double share = 1.0 / static_cast<double>(kGroups * kGroups * params.blocks * params.blocks);
    input2d_ = register_module("input", convolution(input_.channels, params.width, 7));
    std::int64_t width = params.width;
    for (std::int64_t group = 0; group < kGroups; ++group)
        for (std::int64_t i = 0; i < params.blocks; ++i) {
            const std::int64_t next = params.width << group;
            blocks_.push_back(register_module("block" + std::to_string(blocks_.size()), std::make_shared<Block>(width, next, share)));
            width = next;
        }
    output2d_ = register_module("output", convolution(width, params.vocabulary, 1));
}

at::Tensor DalleEncoder::logits(const at::Tensor& pixels) {
    if (pixels.dim() != 4 || pixels.size(1) != input_.channels || pixels.size(2) < kCellPx || pixels.size(3) < kCellPx)
        throw ShapeError(fmt::format("the tokenizer takes images [B, {0}, H, W] of at least {1} x {1} pixels, found [{2}]", input_.channels, kCellPx,
                                     fmt::join(pixels.sizes(), ", ")));
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

std::int64_t DalleEncoder::depth() const { return kGroups * params_.blocks; }

std::int64_t DalleEncoder::layerOf(const std::string& parameterName) const {
    if (parameterName.compare(0, 5, "block") == 0) return 1 + std::stoll(parameterName.substr(5));
    return parameterName.compare(0, 6, "output") == 0 ? depth() + 1 : 0;
}

}  // namespace maskscope
