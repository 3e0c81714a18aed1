#include "targets/pixel_target.h"

#include <cmath>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/patches.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// Weights of visible patches for each other patch: 1 / distance^power on the token grid, 0 for the patch itself.
/// @return [N, N] float on the CPU, symmetric
at::Tensor distanceWeights(std::int64_t rows, std::int64_t columns, int power) {
    const std::int64_t count = rows * columns;
    const at::Tensor weights = at::empty({count, count}, at::kFloat);
    float* out = weights.mutable_data_ptr<float>();
    for (std::int64_t a = 0; a < count; ++a)
        for (std::int64_t b = 0; b < count; ++b) {
            const auto down = static_cast<double>(a / columns - b / columns), across = static_cast<double>(a % columns - b % columns);
            *out++ = a == b ? 0.0F : static_cast<float>(std::pow(down * down + across * across, -0.5 * power));
        }
    return weights;
}

/// Takes values of normalised patches to [-1, 1]. @param patches [B, N, patchValues]
at::Tensor unitValues(const at::Tensor& patches, const ImageInput& input) {
    return patchify(toUnitPixels(unpatchify(patches, input), input), input.patchHeight, input.patchWidth);
}

}  // namespace

PixelTarget::Params PixelTarget::Params::read(ParamReader& reader) {
    Params params;
    params.normalize = reader.flag("normalize", params.normalize, "bring every patch to zero mean and unit variance before it is compared");
    params.epsilon = reader.number("epsilon", params.epsilon, Range::positive(), "added to the variance of a patch before the root");
    return params;
}

PixelTarget::PixelTarget(const Params& params, const TargetContext& context) : params_(params), input_(context.input.image("target 'pixel'")) {
    if (params_.normalize && input_.patchValues() < 2)
        throw RecipeError("target 'pixel' cannot normalize patches of a single value; choose a larger input.patch or normalize = false");
}

PixelTarget::Statistics PixelTarget::statisticsOf(const at::Tensor& patches) const {
    return {patches.mean(at::IntArrayRef{-1}, /*keepdim=*/true),
            patches.var(at::IntArrayRef{-1}, /*unbiased=*/true, /*keepdim=*/true).add_(params_.epsilon).sqrt_()};
}

at::Tensor PixelTarget::compute(const TargetSources& sources) const {
    const at::Tensor patches = patchify(sources.view.pixels().detach(), input_.patchHeight, input_.patchWidth);
    requireShape(patches, {kAnySize, input_.patches(), width()}, "patches of the view");
    if (!params_.normalize) return patches;
    const Statistics own = statisticsOf(patches);
    return patches.sub(own.mean).div_(own.deviation);
}

PixelTarget::Statistics PixelTarget::visibleStatistics(const at::Tensor& patches, const at::Tensor& hidden) const {
    const at::Tensor isHidden = hidden.gt(0.5).unsqueeze(2);
    const at::Tensor visible = isHidden.logical_not().to(patches.scalar_type());
    const Statistics own = statisticsOf(patches.masked_fill(isHidden, 0.0));
    const at::Tensor weights = distanceWeights(input_.gridRows(), input_.gridColumns(), kDistancePower).to(patches.options());
    const at::Tensor nearMean = weights.matmul(own.mean.mul(visible)).div_(weights.matmul(visible).clamp_min_(1e-30));
    const at::Tensor meanDeviation =
        own.deviation.mul(visible).sum(at::IntArrayRef{1}, true).div_(visible.sum(at::IntArrayRef{1}, true).clamp_min_(1.0));
    return {at::where(isHidden, nearMean, own.mean), at::where(isHidden, meanDeviation, own.deviation)};
}

std::optional<at::Tensor> PixelTarget::toUnitPixels(const at::Tensor& prediction, const View& view, const at::Tensor& hidden,
                                                    PatchStatistics statistics) const {
    requireShape(prediction, {kAnySize, input_.patches(), width()}, "prediction of pixels");
    if (!params_.normalize) return unitValues(prediction, input_);
    requireShape(view.pixels(), {prediction.size(0), input_.channels, input_.height, input_.width}, "pixels of the view");
    requireShape(hidden, {prediction.size(0), input_.patches()}, "mask");
    const at::Tensor patches = patchify(view.pixels().detach(), input_.patchHeight, input_.patchWidth).to(prediction.scalar_type());
    const Statistics known = statistics == PatchStatistics::True ? statisticsOf(patches) : visibleStatistics(patches, hidden.to(patches.device()));
    return unitValues(prediction.mul(known.deviation).add_(known.mean), input_);
}

}  // namespace maskscope
