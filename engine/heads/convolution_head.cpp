#include "heads/convolution_head.h"

#include <string>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "tensor/gather.h"

namespace maskscope {

ConvolutionHead::Params ConvolutionHead::Params::read(ParamReader& reader) {
    Params p;
    p.layers = reader.integer("layers", p.layers, Range::between(1, 64), "convolutions, one after another");
    p.width = reader.integer("width", p.width, Range::between(1, 1 << 16), "channels of the convolutions");
    p.kernel = reader.integer("kernel", p.kernel, Range::between(1, 63), "side of the convolutions in tokens; odd");
    p.groups = reader.integer("groups", p.groups, Range::atLeast(1), "groups of channels that are convolved apart; divides all widths");
    if (p.kernel % 2 == 0) reader.fail("kernel", fmt::format("is {}, expected an odd number", p.kernel));
    return p;
}

ConvolutionHead::ConvolutionHead(const Params& params, const HeadContext& context) : params_(params), predict_(nullptr) {
    const ImageInput& input = context.input.image("head 'convolution'");
    rows_ = input.gridRows();
    columns_ = input.gridColumns();
    for (const std::int64_t width : {params.width, context.featureWidth})
        if (width % params.groups != 0)
            throw RecipeError(
                fmt::format("head 'convolution': {} groups do not divide {} channels; choose groups that divide the encoder's width and its own",
                            params.groups, width));
    for (std::int64_t i = 0; i < params.layers; ++i) {
        const auto options = torch::nn::Conv2dOptions(i == 0 ? context.featureWidth : params.width, params.width, params.kernel)
                                 .padding(params.kernel / 2)
                                 .groups(params.groups);
        convolutions_.push_back(register_module("conv" + std::to_string(i), torch::nn::Conv2d(options)));
    }
    predict_ = register_module("predict", torch::nn::Linear(params.width, context.targetWidth));
}

at::Tensor ConvolutionHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    at::Tensor tokens = features.tokens;
    if (features.dropped) {
        if (split == nullptr) throw ShapeError("the encoder dropped tokens, but the head was not told which");
        tokens = restoreTokens(tokens, at::zeros({tokens.size(2)}, tokens.options()), *split);
    }
    at::Tensor x = tokens.transpose(1, 2).reshape({tokens.size(0), tokens.size(2), rows_, columns_});
    for (torch::nn::Conv2d& convolution : convolutions_) {
        const at::Tensor channelsLast = convolution->forward(x).permute({0, 2, 3, 1});
        const at::Tensor answer = at::gelu(at::layer_norm(channelsLast, {params_.width})).permute({0, 3, 1, 2});
        x = answer.size(1) == x.size(1) ? answer + x : answer;
    }
    return predict_->forward(chooseRows(x.flatten(2).transpose(1, 2), split, rows));
}

}  // namespace maskscope
