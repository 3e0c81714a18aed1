#pragma once

#include "targets/feature_target.h"

namespace maskscope {

/// A teacher as a tokenizer that learns along: what a moving average of the objective's head says of the teacher's final features, one value a
/// prototype. The loss makes distributions of them (Zhou et al., iBOT, ICLR 2022, Sec. 3.2). Where whole samples are compared, the
/// teacher's class token goes that way.
class OnlineTokenizerTarget : public FeatureTarget {
public:
    struct Params {
        static Params read(ParamReader&) { return {}; }
    };

    /// @throws RecipeError if the objective names no pass of a teacher
    OnlineTokenizerTarget(const Params&, const TargetContext& context) : FeatureTarget({.throughHead = true}, context) {}

    /// Each token in the colour of its most probable prototype.
    TargetPictures depict(const at::Tensor& target, const at::Tensor& prediction, const Geometry& geometry) const override {
        return codePictures(target.argmax(-1), prediction, geometry);
    }
};

}  // namespace maskscope
