#include "tensor/frequencies.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/fft_fftshift.h>
#include <ATen/ops/fft_ifft2.h>
#include <ATen/ops/fft_ifftshift.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/real.h>
#include <ATen/ops/view_as_real.h>

#include "tensor/input_spec.h"
#include "tensor/patches.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr const char* kOrthonormal = "ortho";
constexpr std::int64_t kSides[] = {2, 3};

}  // namespace

at::Tensor spectrumOf(const at::Tensor& pixels) {
    requireShape(pixels, {kAnySize, kAnySize, kAnySize, kAnySize}, "pixels");
    const at::Tensor shifted = at::fft_fftshift(at::fft_fft2(pixels, {}, kSides, kOrthonormal), kSides);
    return at::view_as_real(shifted.contiguous()).permute({0, 2, 3, 1, 4}).flatten(3, 4).flatten(1, 2);
}

at::Tensor imageOf(const at::Tensor& spectrum, std::int64_t height, std::int64_t width) {
    requireShape(spectrum, {kAnySize, height * width, kAnySize}, "spectrum");
    const at::Tensor parts = spectrum.unflatten(2, {spectrum.size(2) / 2, 2}).unflatten(1, {height, width}).permute({0, 3, 1, 2, 4});
    const at::Tensor complex = at::complex(parts.select(-1, 0).contiguous(), parts.select(-1, 1).contiguous());
    return at::real(at::fft_ifft2(at::fft_ifftshift(complex, kSides), {}, kSides, kOrthonormal));
}

at::Tensor withoutFrequencies(const at::Tensor& pixels, const at::Tensor& hidden) {
    requireShape(hidden, {pixels.size(0), pixels.size(2) * pixels.size(3)}, "mask of frequencies");
    return imageOf(spectrumOf(pixels).mul(hidden.to(pixels.options()).neg().add(1.0).unsqueeze(-1)), pixels.size(2), pixels.size(3));
}

at::Tensor filteredPicture(const at::Tensor& pixels, const at::Tensor& hidden, const ImageInput& input) {
    return withoutFrequencies(toUnitPixels(pixels, input).add(1.0), hidden).sub(1.0).clamp(-1.0, 1.0);
}

at::Tensor withMirrored(const at::Tensor& hidden, std::int64_t height, std::int64_t width) {
    requireShape(hidden, {kAnySize, height * width}, "mask of frequencies");
    const at::Tensor plane = at::fft_ifftshift(hidden.view({-1, height, width}), {{1, 2}});
    const at::Tensor mirrored = plane.flip({1, 2}).roll({1, 1}, {1, 2});  // k becomes -k modulo the side
    return at::fft_fftshift(at::maximum(plane, mirrored), {{1, 2}}).flatten(1, 2).contiguous();
}

at::Tensor logAmplitude(const at::Tensor& spectrum) {
    return spectrum.unflatten(2, {spectrum.size(2) / 2, 2}).square().sum(-1).sqrt().log1p().mean(-1);
}

}  // namespace maskscope
