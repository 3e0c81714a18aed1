#include "media/reconstruction_pictures.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/where.h>

#include "media/colormap.h"
#include "media/tensor_image.h"
#include "tensor/input_spec.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr std::uint8_t kHiddenGrey = 112, kHatchGrey = 144, kBlankGrey = 40;
constexpr int kHatchPeriodPx = 4;

/// Paints over the patches whose flag is `coveredFlag`, in a picture of any size that shows the grid of patches. @param levelAt  grey level of a
/// pixel
template <typename Level>
Image covered(const Image& original, const at::Tensor& hidden, bool coveredFlag, const ImageInput& input, Level levelAt) {
    const at::Tensor isHidden = hidden.to(at::kCPU, at::kFloat).contiguous();
    const float* flags = isHidden.const_data_ptr<float>();
    Image picture = original;
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x) {
            const std::int64_t row = y * input.gridRows() / picture.height, column = x * input.gridColumns() / picture.width;
            if ((flags[row * input.gridColumns() + column] > 0.5F) != coveredFlag) continue;
            for (int c = 0; c < picture.channels; ++c) picture.pixels[picture.offset(x, y) + static_cast<std::size_t>(c)] = levelAt(x, y);
        }
    return picture;
}

}  // namespace

Image showUnitPixels(const at::Tensor& unitPixels) {
    const at::Tensor shown = unitPixels.size(0) == 3 ? unitPixels : unitPixels.narrow(0, 0, 1);
    return toImage(shown.detach().to(at::kCPU, at::kFloat).add(1.0).mul(0.5));
}

Image maskedPicture(const Image& original, const at::Tensor& hidden, const ImageInput& input) {
    return covered(original, hidden, true, input, [](int x, int y) { return (x + y) % kHatchPeriodPx == 0 ? kHatchGrey : kHiddenGrey; });
}

Image hiddenPatchesPicture(const Image& prediction, const at::Tensor& hidden, const ImageInput& input) {
    return covered(prediction, hidden, false, input, [](int, int) { return kBlankGrey; });
}

at::Tensor compositePixels(const at::Tensor& unitOriginal, const at::Tensor& unitPrediction, const at::Tensor& hidden, const ImageInput& input) {
    const at::Tensor isHidden = patchesToPixels(hidden.to(unitOriginal.device()).unsqueeze(0), input).squeeze(0).gt(0.5);
    return at::where(isHidden, unitPrediction.to(unitOriginal.scalar_type()), unitOriginal);
}

Image errorPicture(const at::Tensor& unitOriginal, const at::Tensor& unitComposite) {
    const at::Tensor difference = unitComposite.clamp(-1, 1).sub(unitOriginal).abs().mean(0);
    return viridisPicture(difference, 0.0, 0.5);
}

}  // namespace maskscope
