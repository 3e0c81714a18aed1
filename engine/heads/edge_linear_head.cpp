#include "heads/edge_linear_head.h"

#include <torch/torch.h>

#include "core/error.h"
#include "heads/token_rows.h"
#include "layers/message_passing.h"

namespace maskscope {

EdgeLinearHead::EdgeLinearHead(const Params&, const HeadContext& context) : predict_(nullptr) {
    context.input.graph("head 'edge_linear'");
    predict_ = register_module("predict", torch::nn::Linear(context.featureWidth, context.targetWidth));
}

at::Tensor EdgeLinearHead::forward(const Features& features, const TokenSplit* split, TokenChoice rows) {
    const Geometry& geometry = features.geometry;
    if (features.dropped || !geometry.edges.defined())
        throw ShapeError("head 'edge_linear' needs all nodes of a graph and its edges; choose an encoder of graphs with sees = \"all\"");
    // Both directions of an edge share a slot, and each brings the node that it comes from.
    const std::int64_t slots = geometry.edgeValid.size(1);
    const at::Tensor ends = features.tokens.flatten(0, 1).index_select(0, geometry.edges[0]);
    const at::Tensor sums = sumByGroup(ends, geometry.edgeSlots, geometry.batch * slots).view({geometry.batch, slots, -1});
    return predict_->forward(chooseRows(sums, split, rows));
}

}  // namespace maskscope
