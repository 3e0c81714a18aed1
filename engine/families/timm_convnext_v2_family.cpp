#include <fmt/format.h>
#include <torch/torch.h>

#include "families/convnext_v2_family.h"
#include "families/image_statistics.h"
#include "families/opened_convnext.h"
#include "families/timm_head.h"
#include "families/timm_token_head.h"
#include "layers/activation.h"
#include "layers/norm.h"

namespace maskscope {
namespace {

/// What an architecture's name says about it, for keys that `model_args` leaves out.
struct TimmConvNext {
    const char* name;
    std::vector<std::int64_t> depths, widths;
};

const std::vector<TimmConvNext>& architectures() {
    static const std::vector<TimmConvNext> all{
        {"convnextv2_atto", {2, 2, 6, 2}, {40, 80, 160, 320}},     {"convnextv2_femto", {2, 2, 6, 2}, {48, 96, 192, 384}},
        {"convnextv2_pico", {2, 2, 6, 2}, {64, 128, 256, 512}},    {"convnextv2_nano", {2, 2, 8, 2}, {80, 160, 320, 640}},
        {"convnextv2_tiny", {3, 3, 9, 3}, {96, 192, 384, 768}},    {"convnextv2_small", {3, 3, 27, 3}, {96, 192, 384, 768}},
        {"convnextv2_base", {3, 3, 27, 3}, {128, 256, 512, 1024}}, {"convnextv2_large", {3, 3, 27, 3}, {192, 384, 768, 1536}},
        {"convnextv2_huge", {3, 3, 27, 3}, {352, 704, 1408, 2816}}};
    return all;
}

const TimmConvNext& architectureOf(ModelConfig& config) {
    const auto name = config.require<std::string>("architecture");
    for (const TimmConvNext& known : architectures())
        if (name.substr(0, name.find('.')) == known.name) return known;
    config.refuse("architecture", "a ConvNeXt V2 of timm, such as convnextv2_tiny");
}

ConvNextV2::Params readParams(ModelConfig& args, const TimmConvNext& known) {
    constexpr std::size_t kStages = 4;  // timm's ConvNeXt has no other number
    ConvNextV2::Params p;
    p.depths = args.get<std::vector<std::int64_t>>("depths", known.depths);
    p.widths = args.get<std::vector<std::int64_t>>("dims", known.widths);
    if (p.depths.size() != kStages) args.refuse("depths", "4 numbers");
    if (p.widths.size() != kStages) args.refuse("dims", "4 numbers");
    p.kernels = args.isList("kernel_sizes") ? args.get<std::vector<std::int64_t>>("kernel_sizes", {})
                                            : std::vector<std::int64_t>(kStages, args.get<std::int64_t>("kernel_sizes", 7));
    if (p.kernels.size() != kStages) args.refuse("kernel_sizes", "a side, or 4 of them");
    for (const std::int64_t kernel : p.kernels)
        if (kernel < 1 || kernel % 2 == 0) args.refuse("kernel_sizes", "odd sides");
    p.stemPatch = args.get<std::int64_t>("patch_size", 4);
    if (p.stemPatch < 1) args.refuse("patch_size", "at least 1");
    p.downsFirst = p.stemPatch == 2;
    args.choice("stem_type", "patch", {"patch"});
    if (args.get<std::int64_t>("output_stride", 32) != 32) args.refuse("output_stride", "32");
    p.block.activation = args.activation("act_layer", "gelu");
    p.block.normEps = args.get<double>("norm_eps", 1e-6);
    if (args.has("norm_layer")) args.choice("norm_layer", "layernorm", {"layernorm", "layernorm2d"});
    p.block.convolutionBias = args.get<bool>("conv_bias", true);
    p.block.responseNorm = args.get<bool>("use_grn", true);
    p.block.layerScale = args.get<double>("ls_init_value", 0.0);
    args.ignore({"conv_mlp"});
    ignoreTimmTraining(args);
    return p;
}

void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs, const ConvNextBlockParams& params) {
    map.linear(ours + ".depthwise", theirs + ".conv_dw");
    map.linear(ours + ".norm", theirs + ".norm");
    map.pointwise(ours + ".fc1", theirs + ".mlp.fc1");
    map.pointwise(ours + ".fc2", theirs + ".mlp.fc2");
    if (params.responseNorm) {
        map.flattened(ours + ".grn.residual_scale", theirs + ".mlp.grn.weight");
        map.flattened(ours + ".grn.bias", theirs + ".mlp.grn.bias");
    }
    if (params.layerScale > 0.0) map.move(ours + ".scale1", theirs + ".gamma");
}

WeightMap mapEncoder(ModelWeights& weights, const ConvNextV2::Params& params) {
    WeightMap map(weights);
    map.linear("encoder.stem", "stem.0");
    map.linear("encoder.stem_norm", "stem.1");
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < params.stages(); ++stage) {
        const std::string theirs = fmt::format("stages.{}", stage);
        if (stage > 0 || params.downsFirst) {
            map.linear(fmt::format("encoder.down{}_norm", stage), theirs + ".downsample.0");
            map.linear(fmt::format("encoder.down{}", stage), theirs + ".downsample.1");
        }
        for (std::int64_t i = 0; i < params.depths[stage]; ++i, ++number)
            mapBlock(map, fmt::format("encoder.block{}", number), fmt::format("{}.blocks.{}", theirs, i), params.block);
    }
    return map;
}

class TimmConvNextModel : public FamilyModel {
public:
    TimmConvNextModel(ModelConfig& config, ModelWeights& weights);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override {
        return network_->asMethod({.id = "timm_convnextv2", .name = "ConvNeXt V2 checkpoint of timm"}, size);
    }

private:
    std::unique_ptr<OpenedConvNext> network_;
    bool normsBeforePooling_;
    std::shared_ptr<Norm> norm_;
    OuterLinear hidden_;  // undefined: the head has no hidden layer
    TimmHead head_;
    std::string statisticsFrom_;
};

TimmConvNextModel::TimmConvNextModel(ModelConfig& config, ModelWeights& weights) {
    const TimmConvNext& known = architectureOf(config);
    ModelConfig args = config.section("model_args");
    const ConvNextV2::Params params = readParams(args, known);
    const std::int64_t width = params.widths.back();
    ImageInput input = timmInput(config, {224, 224}, {params.stemPatch, params.stemPatch});
    input.patchHeight = input.patchWidth = params.totalStride();
    statisticsFrom_ = readTimmStatistics(config, ImageStatistics::imageNet(), input);
    network_ = std::make_unique<OpenedConvNext>(params, input, mapEncoder(weights, params));
    normsBeforePooling_ = args.get<bool>("head_norm_first", false);
    WeightMap last(weights);
    last.linear("norm", normsBeforePooling_ ? "norm_pre" : "head.norm");
    norm_ = std::make_shared<Norm>("layer", width, params.block.normEps);
    last.fill(*norm_, "norm.");
    const auto hiddenWidth = args.get<std::int64_t>("head_hidden_size", 0);
    if (hiddenWidth > 0 && normsBeforePooling_) args.refuse("head_hidden_size", "none, since head_norm_first is true");
    if (hiddenWidth > 0) hidden_ = OuterLinear::take(weights, "head.pre_logits.fc", width);
    head_ = TimmHead::take(config, weights, "head.fc", hiddenWidth > 0 ? hiddenWidth : width, "avg");
    if (head_.pooling() == "catavgmax" && !normsBeforePooling_) config.refuse("global_pool", "avg, max or avgmax, since a norm follows");
    config.ignore({"num_features"});
}

NamedTensors TimmConvNextModel::forward(ForwardInputs& inputs) {
    at::Tensor map = network_->see(inputs.require("pixel_values")).back();
    if (normsBeforePooling_) map = norm_->forward(map);
    at::Tensor pooled = timmPool(map.flatten(1, 2), head_.pooling());
    if (!normsBeforePooling_) pooled = norm_->forward(pooled);
    if (hidden_.weight.defined()) pooled = activate(hidden_.apply(pooled), "gelu");
    NamedTensors outputs;
    outputs.emplace_back("features", map.permute({0, 3, 1, 2}).contiguous());
    outputs.emplace_back("pre_logits", pooled);
    outputs.emplace_back("logits", head_.classify(pooled));
    return outputs;
}

IdentityCard TimmConvNextModel::card() const {
    IdentityCard card;
    card.title = "ConvNeXt V2 of timm";
    network_->addFacts(card, statisticsFrom_);
    if (head_.classes() > 0) card.add("Classes", std::to_string(head_.classes()));
    return card;
}

}  // namespace

std::unique_ptr<FamilyModel> openTimmConvNextV2(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<TimmConvNextModel>(config, weights);
}

}  // namespace maskscope
