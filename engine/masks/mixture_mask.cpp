#include "masks/mixture_mask.h"

#include <ATen/ops/arange.h>

namespace maskscope {

MixtureMask::Params MixtureMask::Params::read(ParamReader& reader) {
    Params p;
    p.random.ratio = reader.number("ratio", 0.5, Range::inside(0, 1), "share of the tokens that show the partner");
    p.random.unit = reader.integer("unit", 1, Range::atLeast(1), "side of the squares of tokens that are exchanged together");
    return p;
}

std::vector<Mask> MixtureMask::sample(const Geometry& geometry, const Signals& signals, const MaskDraw& draw) const {
    Mask own = random_.sample(geometry, signals, draw).front(), partner;
    const std::int64_t rows = own.hidden.size(0);
    const at::Tensor partners = at::arange(rows, at::kLong).add(rows / 2).remainder(rows);
    own.source = partners.unsqueeze(1).expand(own.hidden.sizes()).contiguous();
    partner.role = "partner";
    partner.hidden = own.hidden.neg().add(1.0);
    if (geometry.valid.defined()) partner.hidden = partner.hidden.mul(geometry.valid);
    partner.extras["owner"] = partners;
    return {std::move(own), std::move(partner)};
}

}  // namespace maskscope
