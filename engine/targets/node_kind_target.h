#pragma once

#include "targets/target.h"

namespace maskscope {

/// The kinds of nodes, as codes (Hu et al., Strategies for Pre-training Graph Neural Networks, ICLR 2020, Sec. 3.1.2, "attribute
/// masking"). The input must be categorical.
class NodeKindTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    /// @throws RecipeError if attributes of the input are not kinds
    NodeKindTarget(const Params&, const TargetContext& context);

    std::int64_t width() const override { return kinds_; }
    bool isCodes() const override { return true; }
    at::Tensor compute(const TargetSources& sources) const override;

private:
    std::int64_t kinds_;
};

}  // namespace maskscope
