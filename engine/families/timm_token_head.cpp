#include "families/timm_token_head.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "families/opened_vit.h"
#include "families/patched_input.h"
#include "families/weight_map.h"

namespace maskscope {
namespace {

constexpr std::int64_t kUsualClasses = 1000;

}  // namespace

TimmTokenHead::TimmTokenHead(ModelConfig& config, const std::string& standard) {
    const std::vector<std::string> known{"token", "avg", "max", "avgmax", ""};
    ModelConfig args = config.section("model_args"), pretrained = config.section("pretrained_cfg");
    pooling_ = args.choice("global_pool", config.choice("global_pool", standard, known), known);
    classes_ =
        args.get<std::int64_t>("num_classes", config.get<std::int64_t>("num_classes", pretrained.get<std::int64_t>("num_classes", kUsualClasses)));
    if (classes_ < 0) config.refuse("num_classes", "at least 0");
}

void TimmTokenHead::take(ModelWeights& weights, std::int64_t width, bool hasNorm, double eps) {
    if (hasNorm) {
        WeightMap map(weights);
        map.linear("norm", "fc_norm");
        norm_ = std::make_shared<Norm>("layer", width, eps);
        map.fill(*norm_, "norm.");
    }
    if (classes_ > 0) linear_ = OuterLinear::take(weights, "head", width);
}

at::Tensor TimmTokenHead::pool(const Features& features) const {
    if (pooling_.empty()) return wholeSequence(features);
    if (pooling_ == "token") return wholeSequence(features).select(1, 0);
    const at::Tensor& patches = features.tokens;
    if (pooling_ == "avg") return patches.mean(1);
    const at::Tensor most = patches.amax(1);
    return pooling_ == "max" ? most : 0.5 * (most + patches.mean(1));
}

NamedTensors TimmTokenHead::outputs(const Features& features) const {
    const at::Tensor pooled = pool(features), normed = norm_ ? norm_->forward(pooled) : pooled;
    return {{"features", wholeSequence(features)}, {"pre_logits", normed}, {"logits", linear_ ? linear_->apply(normed) : normed}};
}

ImageInput timmInput(ModelConfig& config, Sides standard, Sides patch) {
    ModelConfig args = config.section("model_args"), pretrained = config.section("pretrained_cfg");
    const auto fixed = pretrained.get<std::vector<std::int64_t>>("input_size", {});
    if (pretrained.get<bool>("fixed_input_size", false) && fixed.size() == 3) standard = {fixed[1], fixed[2]};
    const Sides size = args.sides("img_size", standard);
    return patchedInput(args, "img_size", "in_chans", size, patch);
}

void ignoreTimmTraining(ModelConfig& args) {
    args.ignore({"drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "head_init_scale",
                 "weight_init", "dynamic_img_size", "dynamic_img_pad", "strict_img_size", "fix_init", "out_indices"});
}

}  // namespace maskscope
