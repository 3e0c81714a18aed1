#include "heads/convnext_head.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/activation.h"
#include "layers/linear_map.h"
#include "tensor/gather.h"

namespace maskscope {

ConvNextHead::Params ConvNextHead::Params::read(ParamReader& reader) {
    Params p;
    p.width = reader.integer("width", p.width, Range::atLeast(1), "channels of the blocks");
    p.depth = reader.integer("depth", p.depth, Range::atLeast(1), "number of blocks");
    p.block.kernel = reader.integer("kernel", p.block.kernel, Range::atLeast(1), "side of the depthwise convolutions, an odd number");
    if (p.block.kernel % 2 == 0) reader.fail("kernel", fmt::format("is {}, expected an odd number", p.block.kernel));
    p.block.activation = readActivation(reader, p.block.activation);
    p.block.normEps = reader.number("norm_eps", p.block.normEps, Range::positive(), "added to the variance in norms");
    return p;
}

ConvNextHead::ConvNextHead(const Params& params, const HeadContext& context) {
    const ImageInput& input = context.input.image("head 'convnext'");
    rows_ = input.gridRows();
    columns_ = input.gridColumns();
    embed_ = register_module("embed", torch::nn::Linear(context.featureWidth, params.width));
    maskToken_ = register_parameter("mask_token", torch::zeros({params.width}));
    for (std::int64_t i = 0; i < params.depth; ++i)
        blocks_.push_back(register_module(fmt::format("block{}", i), std::make_shared<ConvNextBlock>(params.width, params.block, 0.0)));
    predict_ = register_module("predict", torch::nn::Linear(params.width, context.targetWidth));
}

at::Tensor ConvNextHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    at::Tensor x = linearMap(features.tokens, embed_);
    if (features.dropped) {
        if (split == nullptr) throw ShapeError("the encoder dropped tokens, but the head was not told which");
        x = restoreTokens(x, maskToken_.to(x.scalar_type()), *split);
    }
    x = x.unflatten(1, {rows_, columns_});
    for (const auto& block : blocks_) x = block->forward(x, {});
    return linearMap(chooseRows(x.flatten(1, 2), split, rows), predict_);
}

}  // namespace maskscope
