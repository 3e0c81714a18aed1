#include "targets/node_kind_target.h"

#include <ATen/ops/argmax.h>

#include "core/error.h"

namespace maskscope {

NodeKindTarget::NodeKindTarget(const Params&, const TargetContext& context) {
    const GraphInput& input = context.input.graph("target 'node_kind'");
    if (!input.categorical) throw RecipeError("target 'node_kind' predicts kinds; set input.categorical = true, or choose target 'node_feature'");
    kinds_ = input.nodeFeatures;
}

at::Tensor NodeKindTarget::compute(const TargetSources& sources) const { return sources.view.tensor("nodes").detach().argmax(-1); }

}  // namespace maskscope
