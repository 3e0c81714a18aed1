#include "families/opened_vit.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/recipe_tables.h"
#include "layers/position_resize.h"
#include "tensor/shape.h"
#include "tensor/view.h"

namespace maskscope {
namespace {

const std::string kPrefix = "encoder.";
const std::string kPositions = "encoder.pos_embed.table";
const std::string kMaskToken = "encoder.mask_token";

}  // namespace

OpenedVit::OpenedVit(Value table, ImageInput input, WeightMap weights, bool antialias, Resizing resizing)
    : table_(std::move(table)), input_(std::move(input)), weights_(std::move(weights)), antialias_(antialias), resizing_(std::move(resizing)) {
    encoderAt(input_);
}

ImageInput OpenedVit::inputAt(const Sides& size) const {
    ImageInput input = input_;
    input.height = size.height / input.patchHeight * input.patchHeight;
    input.width = size.width / input.patchWidth * input.patchWidth;
    if (input.height == 0 || input.width == 0)
        throw DataError(fmt::format("images of {} x {} pixels are smaller than a patch of {} x {} (height x width)", size.height, size.width,
                                    input.patchHeight, input.patchWidth));
    return input;
}

at::Tensor OpenedVit::sized(const std::string& name, const at::Tensor& value, const ImageInput& input) const {
    if (resizing_) return resizing_(name, value, input);
    if (name != kPositions) return value;
    return resizePositions(value, input_.gridRows(), input_.gridColumns(), input.gridRows(), input.gridColumns(), antialias_);
}

NamedTensors OpenedVit::tensorsAt(const ImageInput& input) const {
    NamedTensors tensors;
    for (const auto& [name, value] : weights_.tensors())
        if (name.starts_with(kPrefix)) tensors.emplace_back(name, sized(name, value, input));
    return tensors;
}

ForeignModel OpenedVit::asMethod(const std::string& id, const std::string& name, const std::optional<Sides>& size) const {
    const ImageInput input = size ? inputAt(*size) : input_;
    ForeignModel model{methodRecipe({.id = id, .name = name, .input = imageInputTable(input), .encoder = table_}), tensorsAt(input)};
    std::erase_if(model.weights, [](const NamedTensor& tensor) { return tensor.first == kMaskToken; });
    return model;
}

Encoder& OpenedVit::encoderAt(const ImageInput& input) {
    const Sides sides{input.height, input.width};
    if (encoder_ && sides == encoderSides_) return *encoder_;
    static const EncoderRegistry registry = makeEncoderRegistry();
    encoder_ = registry.make(table_, "encoder", "kind", InputSpec{input});
    if (hasMaskToken()) encoder_->prepare({.kind = CorruptionKind::Token});
    WeightMap fitting = weights_;
    for (const auto& [name, value] : tensorsAt(input)) fitting.replace(name, value);
    fitting.fill(*encoder_, kPrefix);
    encoder_->eval();
    encoderSides_ = sides;
    return *encoder_;
}

Features OpenedVit::see(const at::Tensor& pixels, const MaskPlan& plan, CorruptionKind kind) {
    if (pixels.dim() != 4 || pixels.size(1) != input_.channels)
        throw DataError(fmt::format("pixel_values have the shape {}, expected [B, {}, height, width]", shapeText(pixels), input_.channels));
    const ImageInput input = inputAt({pixels.size(2), pixels.size(3)});
    View view;
    view.tensors["pixels"] = pixels.to(at::kFloat).narrow(2, 0, input.height).narrow(3, 0, input.width).contiguous();
    view.geometry = Geometry::grid(pixels.size(0), {input.gridRows(), input.gridColumns()});
    Corruption corruption;
    if (!plan.masks().empty()) {
        corruption.kind = kind;
        const at::Tensor& hidden = plan.masks().front().hidden;
        if (hidden.size(0) != pixels.size(0) || hidden.size(1) != input.patches())
            throw DataError(fmt::format("the mask has the shape [{}, {}], expected [{}, {}], one entry a patch", hidden.size(0), hidden.size(1),
                                        pixels.size(0), input.patches()));
    }
    return encoderAt(input).forward(view, plan, corruption, {.layers = true, .attentions = true});
}

at::Tensor wholeSequence(const Features& features) {
    return features.prefix.defined() ? at::cat({features.prefix, features.tokens}, 1) : features.tokens;
}

void addStates(NamedTensors& outputs, const Features& features) {
    outputs.emplace_back("hidden_states.0", features.embedded);
    for (std::size_t i = 0; i < features.layers.size(); ++i) outputs.emplace_back(fmt::format("hidden_states.{}", i + 1), features.layers[i]);
    for (std::size_t i = 0; i < features.attentions.size(); ++i) outputs.emplace_back(fmt::format("attentions.{}", i), features.attentions[i]);
}

MaskPlan replacingPlan(const at::Tensor& hidden) {
    MaskPlan plan;
    if (!hidden.defined()) return plan;
    Mask mask;
    mask.hidden = hidden.reshape({hidden.size(0), -1}).to(at::kFloat);
    plan.addUnsplit(std::move(mask));  // unlike dropping, replacing works where a sample hides nothing or everything
    return plan;
}

}  // namespace maskscope
