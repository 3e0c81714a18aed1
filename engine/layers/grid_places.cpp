#include "layers/grid_places.h"

#include <torch/torch.h>

#include "layers/rotary.h"

namespace maskscope {

GridPlaceParams GridPlaceParams::read(ParamReader& reader) {
    GridPlaceParams p;
    p.bias = reader.choice("relative_bias", p.bias, {"none", "block", "shared", "both"},
                           "a learned number for every offset and head, added to attention scores: one table a block, one for all (BEiT), or both");
    p.rotary = reader.flag("rotary", p.rotary, "queries and keys turn with their row and column (EVA-02); 4 divides the width of a head");
    p.rotaryGrid = reader.integers("rotary_grid", p.rotaryGrid, Range::atLeast(1),
                                   "rows and columns whose steps are the unit of rotary angles; empty: those of the input");
    p.rotaryBase = reader.number("rotary_base", p.rotaryBase, Range::positive(), "the slowest rotary frequency is about 1 / rotary_base");
    if (!p.rotaryGrid.empty() && p.rotaryGrid.size() != 2) reader.fail("rotary_grid", "expected two numbers, rows and columns");
    return p;
}

GridPlaces::GridPlaces(const GridPlaceParams& params, std::int64_t rows, std::int64_t columns, std::int64_t prefix,
                       const TransformerParams& transformer)
    : prefix_(prefix), rotary_(params.rotary) {
    const auto makeBias = [&](const std::string& name) {
        return register_module(name, std::make_shared<RelativeBias>(rows, columns, transformer.heads, prefix));
    };
    if (params.bias == "shared" || params.bias == "both") shared_ = makeBias("shared");
    if (params.bias == "block" || params.bias == "both")
        for (std::int64_t block = 0; block < transformer.depth; ++block) biases_.push_back(makeBias("bias" + std::to_string(block)));
    if (!rotary_) return;
    RotaryGrid grid{.rows = rows, .columns = columns};
    if (!params.rotaryGrid.empty()) {
        grid.referenceRows = params.rotaryGrid[0];
        grid.referenceColumns = params.rotaryGrid[1];
    }
    const std::int64_t headWidth = transformer.headWidth > 0 ? transformer.headWidth : transformer.width / transformer.heads;
    const Rotary rotary = gridRotary(grid, headWidth, params.rotaryBase);
    cosine_ = rotary.cosine;
    sine_ = rotary.sine;
}

at::Tensor GridPlaces::biasOf(RelativeBias& bias, const at::Tensor& indices) const {
    const at::Tensor all = bias.forward();
    return indices.defined() ? biasAt(all, prefix_, indices.to(all.device())) : all;
}

GridPlaces::Pass GridPlaces::begin(const at::Tensor& x, const at::Tensor& keyReal, const at::Tensor& indices) const {
    Pass pass;
    pass.places_ = this;
    pass.keyReal_ = keyReal;
    pass.indices_ = indices;
    if (shared_) pass.shared_ = biasOf(*shared_, indices);
    if (rotary_) {
        pass.rotary_ = {.cosine = cosine_, .sine = sine_, .interleaved = true, .prefix = prefix_};
        if (indices.defined()) pass.rotary_ = rotaryAt(pass.rotary_, indices.to(at::kCPU));
        for (at::Tensor* table : {&pass.rotary_.cosine, &pass.rotary_.sine}) *table = table->to(x.device());
    }
    return pass;
}

AttentionContext GridPlaces::Pass::of(std::int64_t block) const {
    AttentionContext context(keyReal_);
    context.bias = shared_;
    if (!places_->biases_.empty()) {
        const at::Tensor own = places_->biasOf(*places_->biases_[static_cast<std::size_t>(block)], indices_);
        context.bias = shared_.defined() ? shared_ + own : own;
    }
    if (places_->rotary_) context.rotary = &rotary_;
    return context;
}

}  // namespace maskscope
