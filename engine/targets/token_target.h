#pragma once

#include "targets/target.h"

namespace maskscope {

/// The tokens of a text themselves, as codes of the vocabulary (Devlin et al., BERT, NAACL 2019, Sec. 3.1).
class TokenTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    TokenTarget(const Params&, const TargetContext& context) : vocabulary_(context.input.text("target 'token'").vocabulary) {}

    std::int64_t width() const override { return vocabulary_; }
    bool isCodes() const override { return true; }
    at::Tensor compute(const TargetSources& sources) const override { return sources.view.tensor("tokens"); }

private:
    std::int64_t vocabulary_;
};

}  // namespace maskscope
