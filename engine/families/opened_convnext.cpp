#include "families/opened_convnext.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

const std::string kPrefix = "encoder.", kHead = "head_reconstruction.";

}  // namespace

OpenedConvNext::OpenedConvNext(const ConvNextV2::Params& params, const ImageInput& input, WeightMap weights)
    : params_(params), input_(input), weights_(std::move(weights)), encoder_(std::make_shared<ConvNextV2>(params, InputSpec{input})) {
    weights_.fill(*encoder_, kPrefix);
    encoder_->eval();
}

std::vector<at::Tensor> OpenedConvNext::see(const at::Tensor& pixels) {
    if (pixels.dim() != 4 || pixels.size(1) != input_.channels)
        throw DataError(
            fmt::format("pixel_values have the shape [{}], expected [B, {}, height, width]", fmt::join(pixels.sizes(), ", "), input_.channels));
    if (pixels.size(2) < params_.totalStride() || pixels.size(3) < params_.totalStride())
        throw DataError(fmt::format("images of {} x {} pixels vanish on the way: the last map has one place for {} x {}", pixels.size(2),
                                    pixels.size(3), params_.totalStride(), params_.totalStride()));
    return encoder_->maps(pixels.to(at::kFloat));
}

void OpenedConvNext::addFacts(IdentityCard& card, const std::string& statisticsFrom) const {
    card.add("Architecture",
             fmt::format("ConvNeXt V2, stages of {} blocks, widths {}", fmt::join(params_.depths, ", "), fmt::join(params_.widths, ", ")));
    card.add("Input", fmt::format("images of any size from {0} x {0} pixels, {1} channels; trained for {2} x {3}", params_.totalStride(),
                                  input_.channels, input_.height, input_.width));
    card.add("Patch", fmt::format("{0} x {0} pixels in the first stage, {1} x {1} in the last", params_.stemPatch, params_.totalStride()));
    card.add("Normalisation", statisticsFrom);
    card.add("Positions", "none; convolutions know what lies beside what");
    card.works.push_back("Its features can be looked at.");
    card.worksNot.push_back("It has no attention to show.");
    if (hasDecoder()) return;
    card.add("Decoder", "none");
    card.worksNot.push_back("It cannot reconstruct: the file holds no decoder.");
}

bool OpenedConvNext::hasDecoder() const {
    const auto& tensors = weights_.tensors();
    return std::any_of(tensors.begin(), tensors.end(), [](const NamedTensor& tensor) { return tensor.first.starts_with(kHead); });
}

std::optional<ForeignModel> OpenedConvNext::asMethod(MethodParts parts, const std::optional<Sides>& size) const {
    ImageInput input = input_;
    const std::int64_t stride = params_.totalStride();
    input.height = (size ? size->height : input.height) / stride * stride;
    input.width = (size ? size->width : input.width) / stride * stride;
    if (input.height == 0 || input.width == 0) return std::nullopt;
    const ConvNextBlockParams& block = params_.block;
    parts.input = imageInputTable(input);
    parts.encoder = Value(Value::Table{{"kind", "convnext_v2"},
                                       {"stem_patch", params_.stemPatch},
                                       {"down_first", params_.downsFirst},
                                       {"depths", integerList(params_.depths)},
                                       {"widths", integerList(params_.widths)},
                                       {"kernel", integerList(params_.kernels)},
                                       {"activation", block.activation},
                                       {"norm_eps", block.normEps},
                                       {"convolution_bias", block.convolutionBias},
                                       {"response_norm", block.responseNorm},
                                       {"layer_scale", block.layerScale}});
    if (!parts.head.isNone()) parts.encoder.set("sees", "sparse");
    ForeignModel model{methodRecipe(parts), {}};
    for (const auto& tensor : weights_.tensors())
        if (tensor.first.starts_with(kPrefix) || tensor.first.starts_with(kHead)) model.weights.push_back(tensor);
    return model;
}

}  // namespace maskscope
