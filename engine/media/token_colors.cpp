#include "media/token_colors.h"

#include <algorithm>

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include "media/colormap.h"
#include "media/tensor_image.h"
#include "tensor/spectrum.h"

namespace maskscope {
namespace {

/// Every pixel of [B, 3, rows, columns] as a square.
at::Tensor enlarged(const at::Tensor& pictures) {
    const std::int64_t side = tokenSidePx(pictures.size(2), pictures.size(3));
    return pictures.repeat_interleave(side, 2).repeat_interleave(side, 3);
}

/// [B, rows * columns, 3] colours as pictures.
at::Tensor asPictures(const at::Tensor& colors, std::int64_t rows, std::int64_t columns) {
    const at::Tensor grid = colors.view({-1, rows, columns, 3}).permute({0, 3, 1, 2});
    return enlarged(grid);
}

/// 0..1 of a cosine wave shifted by a third of its period from channel to channel: hue as a circle.
at::Tensor hueColors(const at::Tensor& turns) {
    const auto channel = [&](double shift) { return turns.add(shift).mul(2.0 * 3.14159265358979323846).cos().mul(0.5).add(0.5); };
    return at::stack({channel(0.0), channel(-1.0 / 3.0), channel(1.0 / 3.0)}, -1);
}

}  // namespace

std::int64_t tokenSidePx(std::int64_t rows, std::int64_t columns) { return std::clamp<std::int64_t>(256 / std::max(rows, columns), 1, 8); }

at::Tensor codeColors(const at::Tensor& codes, std::int64_t rows, std::int64_t columns) {
    constexpr double kGoldenRatio = 0.6180339887498949, kPlasticRatio = 0.7548776662466927;  // multiples spread evenly over a circle
    const at::Tensor numbers = codes.cpu().to(at::kDouble).add(1.0);
    const at::Tensor light = numbers.mul(kPlasticRatio).frac().mul(0.5).add(0.5).unsqueeze(-1);
    return asPictures(hueColors(numbers.mul(kGoldenRatio).frac()).mul(light).to(at::kFloat), rows, columns);
}

at::Tensor paletteColors(const at::Tensor& codes, const at::Tensor& palette, std::int64_t rows, std::int64_t columns) {
    return asPictures(palette.cpu().to(at::kFloat).index_select(0, codes.cpu().flatten()), rows, columns);
}

std::pair<at::Tensor, at::Tensor> componentColors(const at::Tensor& first, const at::Tensor& second, std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kColors = 3;
    const at::Tensor both = at::cat({first.detach().cpu().to(at::kFloat), second.detach().cpu().to(at::kFloat)}).flatten(0, 1);
    at::Tensor colors = at::full({both.size(0), kColors}, 0.5);
    if (at::isfinite(both).all().item<bool>()) {
        const at::Tensor scores = principalComponents(both, kColors).scores, covered = scores.narrow(0, 0, both.size(0) / 2);
        const at::Tensor least = std::get<0>(covered.min(0, true)), range = std::get<0>(covered.max(0, true)).sub(least);
        colors = scores.sub(least).div(range.clamp_min(1e-12)).clamp(0.0, 1.0).masked_fill(range.le(1e-12), 0.5);
    }
    const at::Tensor pictures = asPictures(colors, rows, columns);
    return {pictures.narrow(0, 0, first.size(0)), pictures.narrow(0, first.size(0), second.size(0))};
}

at::Tensor valueColors(const at::Tensor& values, std::int64_t rows, std::int64_t columns, double low, double high) {
    std::vector<at::Tensor> pictures;
    for (std::int64_t row = 0; row < values.size(0); ++row)
        pictures.push_back(toTensor(viridisPicture(values[row].view({rows, columns}), low, high)));
    return enlarged(at::stack(pictures));
}

}  // namespace maskscope
