#include "heads/vqgan_head.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "tensor/patches.h"

namespace maskscope {

VqganHead::VqganHead(const Params& params, const HeadContext& context) : params_(params), input_(context.input.image("head 'vqgan'")) {
    if (context.targetWidth != input_.patchValues())
        throw RecipeError(fmt::format("head 'vqgan' paints the {} values of a patch, but the target has {}; choose target 'pixel'",
                                      input_.patchValues(), context.targetWidth));
    network_ = register_module("network", std::make_shared<VqDecoder>(params.network.forInput(input_, "head 'vqgan'")));
}

/// [B, N, D]
at::Tensor VqganHead::entriesOf(const Features& features) const {
    if (features.dropped) throw ShapeError("head 'vqgan' paints whole images, but the encoder dropped tokens; give its pass no corruption");
    const std::int64_t width = params_.network.latentWidth;
    if (!features.vocabulary.defined() || features.vocabulary.size(1) != width)
        throw ShapeError(
            fmt::format("head 'vqgan' looks codes up among entries of width {}, and the encoder has {}; choose encoder 'vqgan' with the "
                        "same code_width",
                        width, features.vocabulary.defined() ? fmt::format("some of width {}", features.vocabulary.size(1)) : "none"));
    const at::Tensor entries = at::embedding(features.vocabulary, features.tokens.argmax(-1));
    return is_training() && features.local.defined() ? features.local + (entries - features.local).detach() : entries;
}

at::Tensor VqganHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const at::Tensor map = entriesOf(features).transpose(1, 2).unflatten(2, {input_.gridRows(), input_.gridColumns()});
    return chooseRows(patchify(network_->forward(map), input_), split, rows);
}

}  // namespace maskscope
