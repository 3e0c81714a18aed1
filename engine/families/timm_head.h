#pragma once

#include <cstdint>
#include <string>

#include "families/family.h"
#include "families/transformers_heads.h"

namespace maskscope {

/// How timm makes one vector of a map: avg, max, avgmax (the mean of both), catavgmax (one after the other), or none ("").
/// @param tokens  [B, N, D]   @return [B, D], with catavgmax [B, 2 D], without pooling the tokens
at::Tensor timmPool(const at::Tensor& tokens, const std::string& pooling);

/// What timm does with a map of features in the end: pooling and a linear map to classes.
class TimmHead {
public:
    /// `num_classes` and `global_pool` of the config, those in its model_args first.
    /// @param name      of the linear map's tensors
    /// @param standard  pooling where the config does not say
    static TimmHead take(ModelConfig& config, ModelWeights& weights, const std::string& name, std::int64_t width, const std::string& standard);

    /// Adds pre_logits and logits. @param tokens  [B, N, D]
    void addOutputs(NamedTensors& outputs, const at::Tensor& tokens) const;
    /// 0: it stops at the pooled features.
    std::int64_t classes() const { return linear_.weight.defined() ? linear_.weight.size(0) : 0; }
    const std::string& pooling() const { return pooling_; }
    /// The linear map alone.
    at::Tensor classify(const at::Tensor& pooled) const { return linear_.weight.defined() ? linear_.apply(pooled) : pooled; }

private:
    std::string pooling_;
    OuterLinear linear_;
};

}  // namespace maskscope
