#pragma once

#include "targets/target.h"

namespace maskscope {

/// The even distribution over the codes of a tokenizer: the prior of a discrete autoencoder (Ramesh et al., Zero-Shot Text-to-Image
/// Generation, ICML 2021, Sec. 2.1), which keeps codes in use.
class EvenCodesTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    /// @throws RecipeError without a target pass
    EvenCodesTarget(const Params&, const TargetContext& context);

    /// V, the width of the tokenizer's logits.
    std::int64_t width() const override { return vocabulary_; }
    at::Tensor compute(const TargetSources& sources) const override;

private:
    std::int64_t vocabulary_;
};

}  // namespace maskscope
