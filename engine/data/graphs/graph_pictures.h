#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "data/graphs/graph_coder.h"
#include "snapshot/picture.h"
#include "tensor/prediction.h"
#include "tensor/view.h"

namespace maskscope {

/// One picture a graph. A node's loss is -log p(kind) in nats where kinds are predicted as codes, else 1 - cos(prediction, truth).
/// Predictions of another width than the coder's are not shown.
/// @param hiddenNodes  [B, N] float, 1 = hidden
/// @param prediction   values in the columns of the coder, or logits over the kinds; null: what went in, with the mask
std::vector<Picture> graphPictures(const View& view, const GraphCoder& coder, const at::Tensor& hiddenNodes, const Prediction* prediction);

}  // namespace maskscope
