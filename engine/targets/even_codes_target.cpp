#include "targets/even_codes_target.h"

#include <ATen/ops/full_like.h>

#include "core/error.h"

namespace maskscope {

EvenCodesTarget::EvenCodesTarget(const Params&, const TargetContext& context) : vocabulary_(context.passWidth) {
    if (vocabulary_ == 0)
        throw RecipeError("target 'even_codes' needs the number of codes of a tokenizer; name the pass over it with objective.target_pass");
}

at::Tensor EvenCodesTarget::compute(const TargetSources& sources) const {
    if (sources.pass == nullptr) throw ShapeError("target 'even_codes' needs a pass over a tokenizer");
    return at::full_like(sources.pass->tokens, 1.0 / static_cast<double>(vocabulary_));
}

}  // namespace maskscope
