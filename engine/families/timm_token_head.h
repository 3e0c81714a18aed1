#pragma once

#include <memory>
#include <optional>
#include <string>

#include "families/family.h"
#include "families/transformers_heads.h"
#include "layers/norm.h"
#include "tensor/features.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// What the vision transformers of timm do with their tokens in the end: pool them, norm the result, and map it to classes.
class TimmTokenHead {
public:
    /// `num_classes` and `global_pool` of the config, those in its model_args first.
    /// @param standard  pooling where the config does not say
    /// @throws DataError for a pooling other than token, avg, max, avgmax and none
    TimmTokenHead(ModelConfig& config, const std::string& standard);

    /// token | avg | max | avgmax | "" (none: all tokens go on).
    const std::string& pooling() const { return pooling_; }
    /// 0: there is no classifier.
    std::int64_t classes() const { return classes_; }
    /// Takes fc_norm.weight and fc_norm.bias, if `hasNorm`, and head.weight and head.bias, if there are classes.
    void take(ModelWeights& weights, std::int64_t width, bool hasNorm, double eps);

    /// features [B, R + N, D], pre_logits [B, D] and logits [B, classes]; without pooling the last two are of every token.
    NamedTensors outputs(const Features& features) const;

private:
    at::Tensor pool(const Features& features) const;

    std::string pooling_;
    std::int64_t classes_ = 0;
    std::shared_ptr<Norm> norm_;
    std::optional<OuterLinear> linear_;
};

/// What a model of timm sees: img_size of model_args, else the fixed input size of pretrained_cfg, else `standard`; in_chans.
/// @throws DataError if an image holds no patch
ImageInput timmInput(ModelConfig& config, Sides standard, Sides patch);

/// Keys that say how timm trains a vision transformer or chooses among equal computations.
void ignoreTimmTraining(ModelConfig& args);

}  // namespace maskscope
