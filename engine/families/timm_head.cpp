#include "families/timm_head.h"

#include <torch/torch.h>

namespace maskscope {
namespace {

constexpr std::int64_t kUsualClasses = 1000;

}  // namespace

at::Tensor timmPool(const at::Tensor& tokens, const std::string& pooling) {
    if (pooling.empty()) return tokens;
    const at::Tensor mean = tokens.mean(1);
    if (pooling == "avg") return mean;
    const at::Tensor most = tokens.amax(1);
    if (pooling == "max") return most;
    return pooling == "avgmax" ? 0.5 * (mean + most) : at::cat({mean, most}, 1);
}

TimmHead TimmHead::take(ModelConfig& config, ModelWeights& weights, const std::string& name, std::int64_t width, const std::string& standard) {
    TimmHead head;
    ModelConfig args = config.section("model_args");
    const auto outerPooling = config.get<std::string>("global_pool", standard);
    head.pooling_ = args.has("global_pool") ? args.choice("global_pool", standard, {"avg", "max", "avgmax", "catavgmax", ""}) : outerPooling;
    if (head.pooling_ != "avg" && head.pooling_ != "max" && head.pooling_ != "avgmax" && head.pooling_ != "catavgmax" && !head.pooling_.empty())
        config.refuse("global_pool", "avg, max, avgmax, catavgmax or an empty text");
    const auto outerClasses = config.get<std::int64_t>("num_classes", kUsualClasses);
    const auto classes = args.get<std::int64_t>("num_classes", outerClasses);
    if (classes == 0) return head;
    if (head.pooling_.empty()) config.refuse("global_pool", "a pooling, since there are classes");
    head.linear_ = OuterLinear::take(weights, name, head.pooling_ == "catavgmax" ? 2 * width : width);
    if (head.classes() != classes)
        config.refuse(args.has("num_classes") ? "model_args" : "num_classes", std::to_string(head.classes()) + " classes, as the weights have");
    return head;
}

void TimmHead::addOutputs(NamedTensors& outputs, const at::Tensor& tokens) const {
    const at::Tensor pooled = timmPool(tokens, pooling_);
    outputs.emplace_back("pre_logits", pooled);
    outputs.emplace_back("logits", classify(pooled));
}

}  // namespace maskscope
