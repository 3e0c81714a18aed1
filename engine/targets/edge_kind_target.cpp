#include "targets/edge_kind_target.h"

#include <ATen/ops/argmax.h>

#include "core/error.h"

namespace maskscope {

EdgeKindTarget::EdgeKindTarget(const Params&, const TargetContext& context) {
    const GraphInput& input = context.input.graph("target 'edge_kind'");
    if (!input.categorical || input.edgeFeatures < 1)
        throw RecipeError(
            "target 'edge_kind' predicts kinds of edges, and the input has none; use data with a column 'kind' in edges.csv (or DS_edge_labels.txt) "
            "and input.categorical = true");
    kinds_ = input.edgeFeatures;
}

at::Tensor EdgeKindTarget::compute(const TargetSources& sources) const { return sources.view.tensor("edges").detach().argmax(-1); }

}  // namespace maskscope
