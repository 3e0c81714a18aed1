#include "encoders/palette.h"

#include <torch/torch.h>

#include "layers/codebook.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

/// Tables begin with a deviation of 0.02; colours spread over most of [-1, 1], with a deviation of 0.5, and learn at that scale too.
constexpr double kUnit = 25.0;

}  // namespace

Palette::Params Palette::Params::read(ParamReader& reader) {
    Params p;
    p.colors = reader.integer("colors", p.colors, Range::between(2, 1 << 16), "colours of the palette");
    p.temperature = reader.number("temperature", p.temperature, Range::positive(), "of the logits; squared distances are divided by it");
    return p;
}

Palette::Palette(const Params& params, const InputSpec& input) : params_(params), input_(input.image("encoder 'palette'")) {
    table_ = register_parameter("table", torch::zeros({params.colors, input_.patchValues()}));
}

Features Palette::forward(const View& view, const MaskPlan&, const Corruption&, const Taps&) {
    requireImages(view.pixels(), input_, "the palette");
    const at::Tensor patches = patchify(view.pixels(), input_), colors = table_ * kUnit;
    Features features;
    features.geometry = view.geometry;
    features.tokens = squaredDistances(patches, colors) / -params_.temperature;
    features.vocabulary = colors;
    return features;
}

}  // namespace maskscope
