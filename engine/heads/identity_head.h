#pragma once

#include "heads/head.h"

namespace maskscope {

/// The features themselves as prediction, for objectives on what an encoder says, such as a tokenizer's logits.
class IdentityHead : public Head {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    /// @throws RecipeError if features and target differ in width
    IdentityHead(const Params&, const HeadContext& context);

    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }
};

}  // namespace maskscope
