#include "heads/spectrum_head.h"

#include <fmt/format.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "tensor/frequencies.h"
#include "tensor/patches.h"

namespace maskscope {

SpectrumHead::SpectrumHead(const Params& params, const HeadContext& context) : input_(context.input.image("head 'spectrum'")) {
    if (context.targetWidth != 2 * input_.channels)
        throw RecipeError(fmt::format("head 'spectrum' gives {} values a frequency, but the target has {}; choose target 'spectrum'",
                                      2 * input_.channels, context.targetWidth));
    const HeadContext painting{context.input, context.featureWidth, input_.patchValues()};
    paint_ = register_module("paint", std::make_shared<LinearHead>(params, painting));
}

at::Tensor SpectrumHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const at::Tensor patches = paint_->forward(features, nullptr, TokenChoice::All);
    return chooseRows(spectrumOf(unpatchify(patches, input_)), split, rows);
}

}  // namespace maskscope
