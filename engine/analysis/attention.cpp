#include "analysis/attention.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "media/colormap.h"
#include "media/resample.h"

namespace maskscope {
namespace {

constexpr int kShownSidePx = 448;
constexpr double kMapOpacity = 0.7;

void requireIndex(std::optional<std::int64_t> index, std::int64_t count, const char* what) {
    if (index && (*index < 0 || *index >= count))
        throw UsageError(fmt::format("{} {} does not exist; there are {}, counted from 0", what, *index, count));
}

/// [L, L] attention of all layers together.
at::Tensor rollOut(const std::vector<at::Tensor>& attentions) {
    at::Tensor joint;
    for (const at::Tensor& layer : attentions) {
        const at::Tensor mean = layer[0].mean(0);
        const at::Tensor mixed = 0.5 * mean + 0.5 * at::eye(mean.size(0), mean.options());
        joint = joint.defined() ? at::matmul(mixed, joint) : mixed;
    }
    return joint;
}

void frame(Image& picture, std::int64_t left, std::int64_t top, std::int64_t width, std::int64_t height) {
    const auto paint = [&](std::int64_t x, std::int64_t y, std::uint8_t level) {
        for (int c = 0; c < 3; ++c) picture.pixels[picture.offset(static_cast<int>(x), static_cast<int>(y)) + static_cast<std::size_t>(c)] = level;
    };
    for (std::int64_t y = top; y < top + height; ++y)
        for (std::int64_t x = left; x < left + width; ++x) {
            const std::int64_t edge = std::min({x - left, left + width - 1 - x, y - top, top + height - 1 - y});
            if (edge < 2) paint(x, y, edge == 0 ? 0 : 255);
        }
}

}  // namespace

at::Tensor attentionMap(const Features& features, const AttentionQuestion& question) {
    const auto layers = static_cast<std::int64_t>(features.attentions.size());
    if (layers == 0) throw UsageError("this encoder has no attention to show");
    requireIndex(question.layer, layers, "layer");
    requireIndex(question.head, features.attentions.front().size(1), "head");
    requireIndex(question.query, features.geometry.tokens(), "query patch");
    const std::int64_t prefix = features.prefixCount();
    at::Tensor attention;  // [L, L]
    if (question.rollout) {
        attention = rollOut(features.attentions);
    } else {
        const at::Tensor& layer = features.attentions[static_cast<std::size_t>(question.layer.value_or(layers - 1))];
        attention = question.head ? layer[0][*question.head] : layer[0].mean(0);
    }
    const at::Tensor row = question.query ? attention[prefix + *question.query] : prefix > 0 ? attention[0] : attention.mean(0);
    return row.narrow(0, prefix, row.size(0) - prefix).contiguous();
}

Image attentionPicture(const Image& original, const at::Tensor& map, std::int64_t rows, std::int64_t columns, std::optional<std::int64_t> query) {
    const int cell = std::max(1, kShownSidePx / static_cast<int>(std::max(rows, columns)));
    const int width = cell * static_cast<int>(columns), height = cell * static_cast<int>(rows);
    const at::Tensor grid = map.view({rows, columns}).repeat_interleave(cell, 0).repeat_interleave(cell, 1);
    const Image heat = viridisPicture(grid, 0.0, grid.max().item<double>());
    Image picture = overlayPicture(resized(original, width, height), heat, kMapOpacity);
    if (query) frame(picture, *query % columns * cell, *query / columns * cell, cell, cell);
    return picture;
}

}  // namespace maskscope
