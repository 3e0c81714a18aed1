#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "snapshot/features.h"
#include "tensor/features.h"

namespace maskscope {

/// The patch features of one image as colours: the first three principal components over the patches, each stretched to 0..1
/// (as Oquab et al., DINOv2, TMLR 2024, Sec. 7.2, show them).
/// @param features  of one image, nothing dropped, tapped for layers where `layer` is given
/// @param layer     block, counted from 0; none: after the last norm, numbered as the last block
/// What lies on no plane (words, nodes) is one row in its own order.
/// @throws UsageError if the layer does not exist; ShapeError if tokens were dropped or lie on a grid of three sides
FeatureRecord featureRecord(const Features& features, std::optional<std::int64_t> layer, std::int64_t step, const std::string& network = "encoder");

/// Images as an encoder arranges them.
/// @param pooled   [S, D] one feature an image
/// @param samples  S numbers in the data set
/// @param labels   S, -1 where a sample has none
EmbeddingRecord embeddingRecord(const at::Tensor& pooled, const std::vector<std::int64_t>& samples, const std::vector<int>& labels,
                                std::int64_t step);

}  // namespace maskscope
