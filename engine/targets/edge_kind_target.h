#pragma once

#include "targets/target.h"

namespace maskscope {

/// The kinds of edges, as codes by edge slot (Hu et al., Strategies for Pre-training Graph Neural Networks, ICLR 2020,
/// Sec. 3.1.2, "attribute masking"). The input must be categorical and its edges must carry kinds.
class EdgeKindTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    /// @throws RecipeError if edges of the input carry no kinds
    EdgeKindTarget(const Params&, const TargetContext& context);

    std::int64_t width() const override { return kinds_; }
    bool isCodes() const override { return true; }
    /// @return [B, S] int64
    at::Tensor compute(const TargetSources& sources) const override;

private:
    std::int64_t kinds_;
};

}  // namespace maskscope
