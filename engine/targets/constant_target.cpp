#include "targets/constant_target.h"

#include <ATen/ops/full_like.h>

#include "core/error.h"

namespace maskscope {

ConstantTarget::Params ConstantTarget::Params::read(ParamReader& reader) {
    Params params;
    params.value = reader.number("value", params.value, {}, "the label");
    return params;
}

ConstantTarget::ConstantTarget(const Params& params, const TargetContext& context) : params_(params), width_(context.passWidth) {
    if (width_ == 0) throw RecipeError("target 'constant' labels what a pass says; name the pass with objective.target_pass");
}

at::Tensor ConstantTarget::compute(const TargetSources& sources) const {
    if (sources.pass == nullptr) throw ShapeError("target 'constant' needs the pass that it labels");
    return at::full_like(sources.pass->tokens, params_.value);
}

}  // namespace maskscope
