#pragma once

#include "targets/target.h"

namespace maskscope {

/// The attributes of nodes as the encoder would see them (Hou et al., GraphMAE, KDD 2022, Sec. 3.2, "feature reconstruction").
class NodeFeatureTarget : public Target {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };
    NodeFeatureTarget(const Params&, const TargetContext& context) : features_(context.input.graph("target 'node_feature'").nodeFeatures) {}

    std::int64_t width() const override { return features_; }
    at::Tensor compute(const TargetSources& sources) const override { return sources.view.tensor("nodes").detach(); }

private:
    std::int64_t features_;
};

}  // namespace maskscope
