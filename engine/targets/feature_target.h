#pragma once

#include <string>

#include "targets/target.h"

namespace maskscope {

/// What a teacher says about every token: the mean of its top layers (Baevski et al., data2vec, ICML 2022, Sec. 3.3), or its
/// answer alone (Assran et al., I-JEPA, CVPR 2023, Sec. 3). A layer is a block's output or, as in data2vec, what its MLP adds
/// before the residual sum. Normalisation has no parameters: "layer" over a token's channels, "instance" over a sample's real
/// tokens, channel by channel. Works for every domain; class tokens of the teacher's prefix are left out, but stand for a whole sample where that
/// is compared (or the mean of its targets does: Baevski et al., data2vec 2.0, ICML 2023, Sec. 3.3). With `through_head` the teacher's features pass
/// through a moving average of the objective's head (DINO, iBOT, MSN). With `gradient` there is no teacher: two looks are compared on equal terms
/// (SimCLR).
class FeatureTarget : public Target {
public:
    struct Params {
        std::int64_t topLayers = 0;            // K; 0: the teacher's final features
        std::string take = "mlp";              // block | mlp, for K > 0
        std::string normalizeLayers = "none";  // none | layer | instance, before the mean
        std::string normalize = "none";        // the same, after it
        double epsilon = 1e-5;                 // added to variances
        bool throughHead = false;              // what the teacher's own head makes of it
        std::string sample = "class";          // class | mean: what stands for a whole sample
        bool gradient = false;                 // whether the pass learns from being a target

        static Params read(ParamReader& reader);
    };

    /// @throws RecipeError if the objective names no pass to take features from
    FeatureTarget(const Params& params, const TargetContext& context);

    std::int64_t width() const override { return width_; }
    bool describesSamples() const override { return true; }
    bool goesThroughHead() const override { return params_.throughHead; }
    bool passesGradient() const override { return params_.gradient; }
    /// @throws ShapeError if the pass dropped tokens, or kept no layers or too few
    at::Tensor compute(const TargetSources& sources) const override;

private:
    at::Tensor meanOfTop(const Features& features) const;
    at::Tensor normalized(const at::Tensor& tokens, const at::Tensor& valid, const std::string& kind) const;

    Params params_;
    std::int64_t width_;
};

}  // namespace maskscope
