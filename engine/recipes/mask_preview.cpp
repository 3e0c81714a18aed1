#include "recipes/mask_preview.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "masks/mask_strategy.h"
#include "recipes/evaluation_views.h"
#include "recipes/mask_noise.h"
#include "recipes/mask_places.h"
#include "tensor/frequencies.h"

namespace maskscope {

PreviewedMask previewMask(const MethodSpec& spec, const View& view, std::uint64_t seed) {
    const std::vector<std::int64_t> tokens{view.batch(), view.geometry.tokens()};
    if (spec.masks.empty()) return {.hidden = at::zeros(tokens), .seen = {}};
    const MaskSpec& mask = spec.masks.front();
    MaskDraw draw{.seed = seed, .purpose = "mask", .step = 0, .samples = {}};
    for (std::int64_t row = 0; row < view.batch(); ++row) draw.samples.push_back(static_cast<std::uint64_t>(row));
    const Signals noise = blindSignals(spec, evaluationViews(spec, view), Signals(), draw);
    const auto strategy = makeMaskRegistry().make(mask.strategy, "mask", "strategy");
    const at::Tensor hidden = strategy->sample(maskedGeometry(mask, spec.input, view), noise, draw).front().hidden;
    if (mask.space != MaskSpace::Frequency) return {.hidden = hidden, .seen = {}};
    PreviewedMask preview{.hidden = at::ones(tokens), .seen = {}};
    preview.seen.seenPixels = filteredPicture(view.pixels(), hidden, spec.input.image("a mask of frequencies"));
    return preview;
}

}  // namespace maskscope
