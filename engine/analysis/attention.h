#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include "core/image.h"
#include "tensor/features.h"

namespace maskscope {

/// What to look at in a network's attention.
struct AttentionQuestion {
    std::optional<std::int64_t> layer;  // counted from 0; none: the last
    std::optional<std::int64_t> head;   // counted from 0; none: the mean over heads
    std::optional<std::int64_t> query;  // patch number; none: the class token, or the mean over patches where there is none
    bool rollout = false;               // through all layers instead of one
};

/// How much each patch is looked at.
/// Rollout (Abnar & Zuidema, Quantifying Attention Flow in Transformers, ACL 2020, Sec. 4): the product over layers of
/// 0.5 attention + 0.5 identity, heads averaged.
/// @param features  of one image, tapped for attentions, nothing dropped
/// @return          [N] float, adds up to at most 1 (what goes to the class token is missing)
/// @throws UsageError if layer, head or query do not exist, naming the range
at::Tensor attentionMap(const Features& features, const AttentionQuestion& question);

/// The map over the image: viridis, patch by patch, the query framed.
/// @param map  [N] @param rows, columns  of the patch grid; the picture's sides are multiples of them
Image attentionPicture(const Image& original, const at::Tensor& map, std::int64_t rows, std::int64_t columns, std::optional<std::int64_t> query);

}  // namespace maskscope
