#include "tensor/hiding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/where.h>

#include "core/error.h"
#include "tensor/input_spec.h"
#include "tensor/mask_plan.h"
#include "tensor/patches.h"
#include "tensor/shape.h"

namespace maskscope {

at::Tensor hiddenPixels(const Mask& mask, const ImageInput& input) {
    if (mask.space == MaskSpace::Token) return patchesToPixels(mask.hidden, input);
    if (mask.space != MaskSpace::Pixel) throw ShapeError("a mask that hides neither tokens nor pixels cannot be laid over an image");
    requireShape(mask.hidden, {kAnySize, input.height * input.width}, "mask of pixels");
    return mask.hidden.view({mask.hidden.size(0), 1, input.height, input.width});
}

at::Tensor ownersOf(const Mask& mask) {
    const auto owner = mask.extras.find("owner");
    return owner == mask.extras.end() ? at::Tensor() : owner->second.to(mask.hidden.device());
}

at::Tensor mixedPixels(const at::Tensor& pixels, const Mask& mask, const ImageInput& input) {
    const at::Tensor hidden = mask.hidden.to(pixels.device()).gt(0.5).unsqueeze(-1), patches = patchify(pixels, input.patchHeight, input.patchWidth);
    if (!mask.source.defined()) return unpatchify(patches.masked_fill(hidden, 0.0), input);
    requireShape(mask.source, {pixels.size(0), input.patches()}, "sources of a mixture");
    const at::Tensor places = at::arange(input.patches(), mask.source.options()).add(mask.source.mul(input.patches())).flatten().to(pixels.device());
    return unpatchify(at::where(hidden, patches.flatten(0, 1).index_select(0, places).view_as(patches), patches), input);
}

at::Tensor withoutHidden(const at::Tensor& pixels, const MaskPlan& plan, const std::string& role, const ImageInput& input) {
    const at::Tensor seen = hiddenPixels(plan.mask(role), input).to(pixels.device(), pixels.scalar_type()).neg().add(1.0);
    return (plan.copies() > 1 ? pixels.repeat_interleave(plan.copies(), 0) : pixels).mul(seen);
}

}  // namespace maskscope
