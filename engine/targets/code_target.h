#pragma once

#include "targets/target.h"

namespace maskscope {

/// The codes that a tokenizer gives: of the logits that another pass says for each token, the number of the largest (Bao et al., BEiT,
/// ICLR 2022, Sec. 2.1 and 2.3).
class CodeTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    /// @throws RecipeError without a target pass
    CodeTarget(const Params&, const TargetContext& context);

    /// V, the width of the tokenizer's logits.
    std::int64_t width() const override { return vocabulary_; }
    bool isCodes() const override { return true; }
    at::Tensor compute(const TargetSources& sources) const override;

private:
    std::int64_t vocabulary_;
};

}  // namespace maskscope
