#include "targets/hog_target.h"

#include <cmath>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/hypot.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "core/error.h"
#include "tensor/patches.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr std::int64_t kGlyphSidePx = 15;  // odd, so that all strokes cross in one pixel

/// [window, window] float: exp(-d^2 / 2) with d in halves of the window from its middle.
at::Tensor gaussianWindow(std::int64_t window) {
    const at::Tensor places = at::arange(window, at::kFloat).sub(0.5 * static_cast<double>(window - 1)).div(static_cast<double>(window / 2));
    const at::Tensor weights = places.square().mul(-0.5).exp();
    return at::outer(weights, weights);
}

/// [bins, side, side] float in 0..1: a stroke through the middle along the edges whose gradients fall into the bin.
at::Tensor strokes(std::int64_t bins) {
    const at::Tensor pictures = at::zeros({bins, kGlyphSidePx, kGlyphSidePx}, at::kFloat);
    float* out = pictures.mutable_data_ptr<float>();
    const double middle = 0.5 * static_cast<double>(kGlyphSidePx - 1);
    for (std::int64_t bin = 0; bin < bins; ++bin) {
        const double angle = (static_cast<double>(bin) + 0.5) * kPi / static_cast<double>(bins);
        const double gx = std::sin(angle), gy = std::cos(angle);  // atan2(gx, gy) is the angle
        for (std::int64_t y = 0; y < kGlyphSidePx; ++y)
            for (std::int64_t x = 0; x < kGlyphSidePx; ++x) {
                const double right = static_cast<double>(x) - middle, down = static_cast<double>(y) - middle;
                const double across = std::abs(right * gx + down * gy), along = std::hypot(right, down);
                *out++ = along > middle ? 0.0F : static_cast<float>(std::max(0.0, 1.0 - across));
            }
    }
    return pictures;
}

}  // namespace

HogTarget::Params HogTarget::Params::read(ParamReader& reader) {
    Params params;
    params.bins = reader.integer("bins", params.bins, Range::between(2, 360), "orientations between 0 and 180 degrees");
    params.cell = reader.integer("cell", params.cell, Range::between(1, 1 << 12), "side of a cell in pixels; divides the patch");
    params.window = reader.integer("window", params.window, Range::between(0, 1 << 12),
                                   "side in pixels of the Gaussian windows that weigh gradients; divides the image; 0: none");
    return params;
}

HogTarget::HogTarget(const Params& params, const TargetContext& context) : params_(params), input_(context.input.image("target 'hog'")) {
    const auto refuse = [&](const char* what, std::int64_t side, const char* whole, std::int64_t height, std::int64_t width) {
        throw RecipeError(
            fmt::format("target 'hog': its {} of {} pixels does not divide the {} of {} x {}; choose another", what, side, whole, height, width));
    };
    if (input_.patchHeight % params.cell != 0 || input_.patchWidth % params.cell != 0)
        refuse("cell", params.cell, "patch", input_.patchHeight, input_.patchWidth);
    if (params.window == 1 || (params.window > 1 && (input_.height % params.window != 0 || input_.width % params.window != 0)))
        refuse("window", params.window, "image", input_.height, input_.width);
    if (input_.overlaps()) throw RecipeError("target 'hog' needs patches that touch; leave input strides out");
}

std::int64_t HogTarget::width() const {
    return input_.patchHeight / params_.cell * (input_.patchWidth / params_.cell) * input_.channels * params_.bins;
}

at::Tensor HogTarget::compute(const TargetSources& sources) const {
    const at::Tensor pixels = sources.view.pixels().detach().to(at::kFloat);
    requireShape(pixels, {kAnySize, input_.channels, input_.height, input_.width}, "pixels of the view");
    const at::Tensor across = at::tensor({1.0F, 0.0F, -1.0F, 2.0F, 0.0F, -2.0F, 1.0F, 0.0F, -1.0F}, pixels.options()).view({1, 1, 3, 3});
    const at::Tensor planes = at::reflection_pad2d(pixels, {1, 1, 1, 1}).flatten(0, 1).unsqueeze(1);  // [B * C, 1, ...]
    const at::Tensor gx = at::conv2d(planes, across).squeeze(1), gy = at::conv2d(planes, across.transpose(2, 3)).squeeze(1);
    at::Tensor magnitude = at::hypot(gx, gy);
    if (params_.window > 0) {
        const at::Tensor weights = gaussianWindow(params_.window).to(pixels.device());
        magnitude = magnitude.mul(weights.repeat({input_.height / params_.window, input_.width / params_.window}));
    }
    const at::Tensor bin = at::atan2(gx, gy).mul(static_cast<double>(params_.bins) / kPi).floor().remainder(static_cast<double>(params_.bins));
    std::vector<at::Tensor> histogram;
    for (std::int64_t i = 0; i < params_.bins; ++i)
        histogram.push_back(at::avg_pool2d(magnitude.mul(bin.eq(static_cast<double>(i))).unsqueeze(1), params_.cell).squeeze(1));
    const at::Tensor cells = at::stack(histogram, 1);  // [B * C, bins, rows, columns]
    const at::Tensor norm = cells.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-12);
    const at::Tensor features = cells.div(norm).view({pixels.size(0), input_.channels * params_.bins, cells.size(2), cells.size(3)});
    return patchify(features, input_.patchHeight / params_.cell, input_.patchWidth / params_.cell);
}

/// @param values  [B, N, T]  @return [B, 3, rows of cells * side, columns of cells * side]
at::Tensor HogTarget::glyphs(const at::Tensor& values) const {
    ImageInput cells = input_;  // the grid of cells as an image with channels * bins channels
    cells.channels = input_.channels * params_.bins;
    cells.height = input_.height / params_.cell;
    cells.width = input_.width / params_.cell;
    cells.patchHeight = input_.patchHeight / params_.cell;
    cells.patchWidth = input_.patchWidth / params_.cell;
    const at::Tensor grid = unpatchify(values.detach().cpu().to(at::kFloat), cells).unflatten(1, {input_.channels, params_.bins}).clamp(0.0, 1.0);
    at::Tensor pictures = at::einsum("bcorw,oyx->bcrywx", {grid, strokes(params_.bins)}).flatten(4, 5).flatten(2, 3).clamp_max(1.0);
    if (pictures.size(1) == 3) return pictures;
    return pictures.narrow(1, 0, 1).expand({pictures.size(0), 3, pictures.size(2), pictures.size(3)});
}

TargetPictures HogTarget::depict(const at::Tensor& target, const at::Tensor& prediction, const Geometry&) const {
    return {glyphs(target), glyphs(prediction)};
}

}  // namespace maskscope
