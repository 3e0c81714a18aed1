#include "analysis/feature_record.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "tensor/spectrum.h"

namespace maskscope {
namespace {

constexpr std::int64_t kColors = 3;

/// [N, D] patch features of one image after a block, or after the last norm.
at::Tensor patchFeatures(const Features& features, std::optional<std::int64_t> layer) {
    if (features.dropped) throw ShapeError("the encoder dropped tokens; feature pictures need all patches");
    if (!layer) return features.tokens[0];
    const auto layers = static_cast<std::int64_t>(features.layers.size());
    if (*layer < 0 || *layer >= layers) throw UsageError(fmt::format("layer {} does not exist; there are {}, counted from 0", *layer, layers));
    const at::Tensor& outputs = features.layers[static_cast<std::size_t>(*layer)];
    return outputs[0].narrow(0, features.prefixCount(), outputs.size(1) - features.prefixCount());
}

/// Each column from its least to its greatest value as 0..1; a flat one becomes 0.5.
at::Tensor stretched(const at::Tensor& scores) {
    const at::Tensor least = std::get<0>(scores.min(0, true)), range = std::get<0>(scores.max(0, true)) - least;
    return at::where(range > 0, (scores - least) / range.clamp_min(1e-30), at::full_like(scores, 0.5));
}

}  // namespace

FeatureRecord featureRecord(const Features& features, std::optional<std::int64_t> layer, std::int64_t step, const std::string& network) {
    const auto& shape = features.geometry.shape;
    const bool isGrid = features.geometry.kind == GeometryKind::Grid;
    if (isGrid && shape.size() > 2) throw ShapeError("feature pictures need patches on a plane; this network's lie in space and time");
    const at::Tensor patches = patchFeatures(features, layer);
    const PrincipalComponents components = principalComponents(patches, kColors);
    FeatureRecord record{.step = step, .network = network};
    record.layer = layer.value_or(static_cast<std::int64_t>(features.layers.size()) - 1);
    record.rows = isGrid && shape.size() == 2 ? shape[0] : 1;
    record.columns = patches.size(0) / record.rows;
    record.width = patches.size(1);
    const at::Tensor colors = stretched(components.scores).contiguous();
    record.colors.assign(colors.const_data_ptr<float>(), colors.const_data_ptr<float>() + colors.numel());
    std::copy_n(components.explainedVariance.begin(), kColors, record.explainedVariance.begin());
    record.effectiveRank = components.effectiveRank;
    return record;
}

EmbeddingRecord embeddingRecord(const at::Tensor& pooled, const std::vector<std::int64_t>& samples, const std::vector<int>& labels,
                                std::int64_t step) {
    const PrincipalComponents components = principalComponents(pooled, 2);
    const at::Tensor scores = components.scores.contiguous();
    const float* values = scores.const_data_ptr<float>();
    EmbeddingRecord record;
    record.step = step;
    for (std::size_t i = 0; i < samples.size(); ++i) record.points.push_back({values[2 * i], values[2 * i + 1], samples[i], labels[i]});
    record.explainedVariance = {components.explainedVariance[0], components.explainedVariance[1]};
    return record;
}

}  // namespace maskscope
