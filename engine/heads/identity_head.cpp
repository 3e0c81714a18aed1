#include "heads/identity_head.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"

namespace maskscope {

IdentityHead::IdentityHead(const Params&, const HeadContext& context) {
    if (context.featureWidth != context.targetWidth)
        throw RecipeError(fmt::format("head 'identity' passes features of width {} on, but the target has width {}; choose head 'linear'",
                                      context.featureWidth, context.targetWidth));
}

at::Tensor IdentityHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) { return chooseTokens(features, split, rows); }

}  // namespace maskscope
