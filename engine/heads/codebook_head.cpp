#include "heads/codebook_head.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"

namespace maskscope {

at::Tensor CodebookHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const at::Tensor& entries = features.vocabulary;
    if (!entries.defined() || entries.size(0) != features.width())
        throw ShapeError("head 'codebook' looks codes up in the encoder's codebook, and this encoder has none; choose encoder 'palette' or 'vqgan'");
    if (entries.size(1) != targetWidth_)
        throw ShapeError(fmt::format("head 'codebook' gives entries of {} values, but the target has {}", entries.size(1), targetWidth_));
    return at::embedding(entries, chooseTokens(features, split, rows).argmax(-1));
}

}  // namespace maskscope
