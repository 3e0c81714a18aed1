#include "families/opened_swin.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/recipe_tables.h"
#include "layers/position_resize.h"

namespace maskscope {
namespace {

const std::string kPrefix = "encoder.";
const std::string kPositions = "encoder.pos_embed.table";

}  // namespace

OpenedSwin::OpenedSwin(const Swin::Params& params, const ImageInput& input, WeightMap weights)
    : params_(params), input_(input), weights_(std::move(weights)), encoder_(std::make_shared<Swin>(params, InputSpec{input})) {
    if (hasMaskToken()) encoder_->prepare({.kind = CorruptionKind::Token});
    weights_.fill(*encoder_, kPrefix);
    encoder_->eval();
}

at::Tensor OpenedSwin::positionsAt(std::int64_t rows, std::int64_t columns) const {
    const at::Tensor table = weights_.find(kPositions);
    if (!table.defined()) return table;
    return resizePositions(table, input_.height / params_.stemPatch, input_.width / params_.stemPatch, rows, columns);
}

OpenedSwin::Seen OpenedSwin::see(const at::Tensor& pixels, const at::Tensor& hidden) {
    if (pixels.dim() != 4 || pixels.size(1) != input_.channels)
        throw DataError(
            fmt::format("pixel_values have the shape [{}], expected [B, {}, height, width]", fmt::join(pixels.sizes(), ", "), input_.channels));
    const std::int64_t patch = params_.stemPatch;
    Seen seen;
    seen.rows = (pixels.size(2) + patch - 1) / patch;
    seen.columns = (pixels.size(3) + patch - 1) / patch;
    const at::Tensor filled =
        at::constant_pad_nd(pixels.to(at::kFloat), {0, seen.columns * patch - pixels.size(3), 0, seen.rows * patch - pixels.size(2)});
    at::Tensor replaced;
    if (hidden.defined()) {
        if (!hasMaskToken()) throw DataError("bool_masked_pos was given, but the file holds no mask token; leave the mask out");
        if (hidden.numel() != pixels.size(0) * seen.rows * seen.columns)
            throw DataError(fmt::format("bool_masked_pos has the shape [{}], expected [{}, {}], one entry a patch", fmt::join(hidden.sizes(), ", "),
                                        pixels.size(0), seen.rows * seen.columns));
        replaced = hidden.reshape({pixels.size(0), -1}).to(at::kFloat);
    }
    seen.embedded = encoder_->embed(filled, replaced, CorruptionKind::Token, positionsAt(seen.rows, seen.columns));
    Features untapped;
    seen.stages = encoder_->runStages(seen.embedded, seen.rows, seen.columns, {.attentions = true}, untapped);
    seen.features = encoder_->normalize(seen.stages.back().tokens);
    return seen;
}

Value OpenedSwin::table() const {
    const Swin::Params& p = params_;
    return Value(Value::Table{{"kind", "swin"},
                              {"stem_patch", p.stemPatch},
                              {"width", p.width},
                              {"depths", integerList(p.depths)},
                              {"heads", integerList(p.heads)},
                              {"window", integerList(p.windowRows)},
                              {"window_columns", integerList(p.windowColumns)},
                              {"window_fit", p.windowFit},
                              {"pad_before_shift", p.padsBeforeShift},
                              {"shift_penalty", p.strangerPenalty},
                              {"version", std::to_string(p.version)},
                              {"known_window", integerList(p.knownWindows)},
                              {"head_width", p.headWidth},
                              {"mlp_ratio", p.mlpRatio},
                              {"qkv_bias", p.qkvBias},
                              {"norm_eps", p.normEps},
                              {"activation", p.activation},
                              {"positions", p.positions}});
}

std::optional<ImageInput> OpenedSwin::inputAt(const std::optional<Sides>& size) const {
    ImageInput input = input_;
    if (size) {
        input.height = size->height / input.patchHeight * input.patchHeight;
        input.width = size->width / input.patchWidth * input.patchWidth;
    }
    if (input.height == 0 || input.width == 0 || input.height % input.patchHeight != 0 || input.width % input.patchWidth != 0) return std::nullopt;
    return input;
}

NamedTensors OpenedSwin::tensorsAt(const ImageInput& input) const {
    NamedTensors tensors;
    for (const auto& [name, value] : weights_.tensors())
        if (name.starts_with(kPrefix))
            tensors.emplace_back(name, name == kPositions ? positionsAt(input.height / params_.stemPatch, input.width / params_.stemPatch) : value);
    return tensors;
}

void OpenedSwin::addFacts(IdentityCard& card, const std::string& statisticsFrom) const {
    const Swin::Params& p = params_;
    card.add("Architecture", fmt::format("Swin Transformer{}, stages of {} blocks, width {} to {}, {} heads", p.version == 2 ? " V2" : "",
                                         fmt::join(p.depths, ", "), p.width, p.widthOf(p.stages() - 1), fmt::join(p.heads, ", ")));
    card.add("Input", fmt::format("{} x {} pixels (height x width), {} channels", input_.height, input_.width, input_.channels));
    card.add("Patch", fmt::format("{0} x {0} pixels in the first stage, {1} x {1} in the last", p.stemPatch, p.totalStride()));
    card.add("Windows", fmt::format("{} x {} tokens", fmt::join(p.windowRows, ", "), fmt::join(p.windowColumns, ", ")));
    card.add("Normalisation", statisticsFrom);
    card.add("Positions", fmt::format("{} inside windows{}", p.version == 2 ? "from a small network" : "learned",
                                      p.positions == "none" ? "" : ", and a learned table at the first patches"));
}

}  // namespace maskscope
