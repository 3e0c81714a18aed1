#pragma once

#include "heads/head.h"

namespace maskscope {

/// Of the codebook that a tokenizer hands over (Features::vocabulary [V, T]) the entry of each token's likeliest code: what is left of a token after
/// quantisation (van den Oord et al., Neural Discrete Representation Learning, NeurIPS 2017, Eq. 1 and 2). Gradients reach the entries alone.
/// No parameters.
class CodebookHead : public Head {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    CodebookHead(const Params&, const HeadContext& context) : targetWidth_(context.targetWidth) {}

    /// @throws ShapeError also if the encoder has no codebook, or one whose entries are not as wide as the target
    at::Tensor forward(const Features& features, const TokenSplit* split, TokenChoice rows) override;
    bool restoresDropped() const override { return false; }

private:
    std::int64_t targetWidth_;
};

}  // namespace maskscope
