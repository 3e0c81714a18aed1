#include "targets/code_target.h"

#include <ATen/ops/argmax.h>

#include "core/error.h"

namespace maskscope {

CodeTarget::CodeTarget(const Params&, const TargetContext& context) : vocabulary_(context.passWidth) {
    if (vocabulary_ == 0) throw RecipeError("target 'code' takes the codes of a tokenizer; name the pass over it with objective.target_pass");
}

at::Tensor CodeTarget::compute(const TargetSources& sources) const {
    if (sources.pass == nullptr || sources.pass->dropped)
        throw ShapeError("target 'code' needs a pass over a tokenizer that sees all; give it no corruption");
    return sources.pass->tokens.argmax(-1);
}

}  // namespace maskscope
