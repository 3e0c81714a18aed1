#pragma once

#include <cstdint>

#include <ATen/ops/rand.h>

#include "recipes/method.h"

namespace maskscope::testing {

/// Images of random colours, as a recipe's networks see them.
inline View imagesFor(const MethodSpec& spec, std::int64_t batch) {
    const ImageInput& input = spec.input.image("a test");
    View view;
    view.tensors["pixels"] = at::rand({batch, input.channels, input.height, input.width}).mul(2.0).sub(1.0);
    view.geometry = Geometry::grid(batch, {input.gridRows(), input.gridColumns()});
    for (std::int64_t i = 0; i < batch; ++i) view.sampleIds.push_back(i);
    return view;
}

/// The masks that a recipe draws for them.
inline MaskPlan masksFor(const Method& method, const View& view) {
    MaskDraw draw{.seed = 1, .purpose = "mask", .samples = {}};
    for (std::int64_t i = 0; i < view.batch(); ++i) draw.samples.push_back(static_cast<std::uint64_t>(i));
    return method.drawMasks({view}, Signals(), draw);
}

}  // namespace maskscope::testing
