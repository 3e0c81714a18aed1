#include "tensor/patches.h"

#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/input_spec.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

/// A statistic of the input as [1, C, 1, 1], of the type and on the device of `like`.
at::Tensor perChannel(const std::vector<double>& values, const char* name, const at::Tensor& like) {
    if (static_cast<std::int64_t>(values.size()) != like.size(1))
        throw ShapeError(fmt::format("input.{} has {} values, expected {}, one a channel of {}", name, values.size(), like.size(1), shapeText(like)));
    const std::vector<std::int64_t> shape{1, like.size(1), 1, 1};
    return at::from_blob(const_cast<double*>(values.data()), shape, at::kDouble).to(like.options(), /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace

at::Tensor patchify(const at::Tensor& pixels, std::int64_t patchHeight, std::int64_t patchWidth) {
    requireShape(pixels, {kAnySize, kAnySize, kAnySize, kAnySize}, "pixels");
    const std::int64_t batch = pixels.size(0), channels = pixels.size(1), height = pixels.size(2), width = pixels.size(3);
    if (patchHeight < 1 || patchWidth < 1 || height % patchHeight != 0 || width % patchWidth != 0)
        throw ShapeError(
            fmt::format("patches of {} x {} pixels do not divide an image of {} x {} (height x width)", patchHeight, patchWidth, height, width));
    const std::int64_t rows = height / patchHeight, columns = width / patchWidth;
    return pixels.reshape({batch, channels, rows, patchHeight, columns, patchWidth})
        .permute({0, 2, 4, 3, 5, 1})
        .reshape({batch, rows * columns, patchHeight * patchWidth * channels});
}

at::Tensor patchify(const at::Tensor& pixels, const ImageInput& input) {
    if (!input.overlaps()) return patchify(pixels, input.patchHeight, input.patchWidth);
    requireShape(pixels, {kAnySize, kAnySize, kAnySize, kAnySize}, "pixels");
    if (pixels.size(2) < input.patchHeight || pixels.size(3) < input.patchWidth)
        throw ShapeError(fmt::format("patches of {} x {} pixels are larger than an image of {} x {} (height x width)", input.patchHeight,
                                     input.patchWidth, pixels.size(2), pixels.size(3)));
    const std::int64_t rowStride = input.rowStride > 0 ? input.rowStride : input.patchHeight,
                       columnStride = input.columnStride > 0 ? input.columnStride : input.patchWidth;
    return pixels.unfold(2, input.patchHeight, rowStride)
        .unfold(3, input.patchWidth, columnStride)
        .permute({0, 2, 3, 4, 5, 1})
        .flatten(3)
        .flatten(1, 2);
}

at::Tensor unpatchify(const at::Tensor& patches, const ImageInput& input) {
    if (input.overlaps()) throw ShapeError("patches that overlap cannot be put together to images");
    requireShape(patches, {kAnySize, input.patches(), input.patchValues()}, "patches");
    return patches.reshape({patches.size(0), input.gridRows(), input.gridColumns(), input.patchHeight, input.patchWidth, input.channels})
        .permute({0, 5, 1, 3, 2, 4})
        .reshape({patches.size(0), input.channels, input.height, input.width});
}

at::Tensor patchesToPixels(const at::Tensor& perPatch, const ImageInput& input) {
    requireShape(perPatch, {kAnySize, input.patches()}, "values of patches");
    const std::int64_t batch = perPatch.size(0);
    return perPatch.reshape({batch, 1, input.gridRows(), 1, input.gridColumns(), 1})
        .expand({batch, 1, input.gridRows(), input.patchHeight, input.gridColumns(), input.patchWidth})
        .reshape({batch, 1, input.height, input.width});
}

at::Tensor patchesToMap(const at::Tensor& perPatch, const ImageInput& input, std::int64_t side) {
    requireShape(perPatch, {kAnySize, input.patches()}, "values of patches");
    const std::int64_t batch = perPatch.size(0), rows = input.gridRows(), columns = input.gridColumns();
    return perPatch.reshape({batch, rows, 1, columns, 1}).expand({batch, rows, side, columns, side}).reshape({batch, rows * side, columns * side, 1});
}

void requireImages(const at::Tensor& pixels, const ImageInput& input, const char* who) {
    if (pixels.dim() == 4 && pixels.size(1) == input.channels && pixels.size(2) == input.height && pixels.size(3) == input.width) return;
    throw ShapeError(fmt::format("{} was made for images of {} x {} x {} (channels, height, width), found {}", who, input.channels, input.height,
                                 input.width, shapeText(pixels)));
}

at::Tensor toUnitPixels(const at::Tensor& pixels, const ImageInput& input) {
    requireShape(pixels, {kAnySize, input.channels, kAnySize, kAnySize}, "pixels");
    const at::Tensor mean = perChannel(input.mean, "mean", pixels), std = perChannel(input.std, "std", pixels);
    return pixels.mul(std).add_(mean).mul_(2.0).sub_(1.0);
}

at::Tensor fromUnitPixels(const at::Tensor& pixels, const ImageInput& input) {
    requireShape(pixels, {kAnySize, input.channels, kAnySize, kAnySize}, "pixels");
    const at::Tensor mean = perChannel(input.mean, "mean", pixels), std = perChannel(input.std, "std", pixels);
    return pixels.add(1.0).mul_(0.5).sub_(mean).div_(std);
}

}  // namespace maskscope
