#include "masks/autoregressive_mask.h"

#include <utility>

#include <ATen/ops/arange.h>

#include "masks/mask_rows.h"

namespace maskscope {

AutoregressiveMask::Params AutoregressiveMask::Params::read(ParamReader& reader) {
    Params params;
    params.ratio = reader.number("ratio", params.ratio, Range::inside(0, 1), "share of the tokens, the last ones, that pictures show continued");
    return params;
}

std::vector<Mask> AutoregressiveMask::sample(const Geometry& geometry, const Signals&, const MaskDraw& draw) const {
    MaskRows masks(geometry, draw.samples.size());
    for (std::size_t row = 0; row < masks.rows(); ++row) {
        const std::vector<std::int64_t> real = masks.realTokens(row);
        const auto count = static_cast<std::size_t>(hiddenCount(params_.ratio, static_cast<std::int64_t>(real.size())));
        for (std::size_t i = real.size() - count; i < real.size(); ++i) masks.hide(row, real[i]);
    }
    Mask mask;
    mask.hidden = masks.hidden();
    mask.order = at::arange(masks.tokens(), at::kLong).expand_as(mask.hidden).contiguous();
    return {std::move(mask)};
}

}  // namespace maskscope
