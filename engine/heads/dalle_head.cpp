#include "heads/dalle_head.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/noise.h"
#include "tensor/patches.h"

namespace maskscope {

DalleHead::Params DalleHead::Params::read(ParamReader& reader) {
    Params p;
    p.codeWidth = reader.integer("code_width", p.codeWidth, Range::atLeast(1), "width of the codes' vectors");
    p.width = reader.integer("width", p.width, Range::atLeast(4), "channels of the last group of blocks; they double towards the first");
    p.blocks = reader.integer("blocks", p.blocks, Range::between(1, 100), "residual blocks a group");
    p.temperature = reader.number("temperature", p.temperature, Range::positive(), "of the Gumbel-softmax that draws codes while training");
    p.hard = reader.flag("hard", p.hard, "whether one code is drawn, with the gradient of the softmax, instead of a mixture");
    return p;
}

DalleHead::DalleHead(const Params& params, const HeadContext& context) : params_(params), input_(context.input.image("head 'dalle'")) {
    if (context.targetWidth != input_.patchValues())
        throw RecipeError(fmt::format("head 'dalle' paints the {} values of a patch, but the target has {}; choose target 'pixel'",
                                      input_.patchValues(), context.targetWidth));
    const std::int64_t groups = dalleHalvings(input_.patchHeight, input_.patchWidth, "head 'dalle'") + 1;
    const double share = 1.0 / static_cast<double>(groups * groups * params.blocks * params.blocks);
    codebook_ = register_module("codebook", torch::nn::Linear(torch::nn::LinearOptions(context.featureWidth, params.codeWidth).bias(false)));
    std::int64_t width = params.codeWidth;
    for (std::int64_t group = groups - 1; group >= 0; --group)
        for (std::int64_t i = 0; i < params.blocks; ++i) {
            const std::int64_t next = params.width << group;
            blocks_.push_back(
                register_module(fmt::format("block{}", blocks_.size()), std::make_shared<DalleBlock>(width, next, share, DalleBlock::kDecoder)));
            width = next;
        }
    predict_ = register_module("predict", torch::nn::Conv2d(torch::nn::Conv2dOptions(width, input_.channels, 1)));
}

at::Tensor DalleHead::pick(const at::Tensor& logits) const {
    const auto best = [](const at::Tensor& scores) { return at::zeros_like(scores).scatter_(-1, scores.argmax(-1, true), 1.0); };
    if (!is_training()) return best(logits);
    const at::Tensor noise = NoiseScope::uniform(logits.numel()).view(logits.sizes()).to(logits.options()).log().neg().log().neg();
    const at::Tensor soft = ((logits + noise) / params_.temperature).softmax(-1);
    return params_.hard ? best(soft.detach()) + soft - soft.detach() : soft;
}

at::Tensor DalleHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    if (features.dropped) throw ShapeError("head 'dalle' paints whole images, but the encoder dropped tokens; give its pass no corruption");
    at::Tensor x = codebook_->forward(pick(features.tokens)).transpose(1, 2).unflatten(2, {input_.gridRows(), input_.gridColumns()});
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        if (i > 0 && static_cast<std::int64_t>(i) % params_.blocks == 0) x = x.repeat_interleave(2, 2).repeat_interleave(2, 3);
        x = blocks_[i]->forward(x);
    }
    return chooseRows(patchify(predict_->forward(at::relu(x)), input_), split, rows);
}

}  // namespace maskscope
