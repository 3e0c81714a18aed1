#include "families/convnext_v2_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/opened_convnext.h"
#include "families/transformers_heads.h"
#include "layers/norm.h"

namespace maskscope {
namespace {

constexpr double kMaskRatio = 0.6;      // of the pre-training: Woo et al., CVPR 2023, Sec. 3.1
constexpr double kInnerNormEps = 1e-6;  // of all norms but the last, which reads the config

ConvNextV2::Params readParams(ModelConfig& config) {
    ConvNextV2::Params p;
    const Sides patch = config.sides("patch_size", {4, 4});
    if (patch.height != patch.width || patch.height < 1) config.refuse("patch_size", "one side of at least 1 for height and width");
    p.stemPatch = patch.height;
    p.depths = config.get<std::vector<std::int64_t>>("depths", {3, 3, 9, 3});
    p.widths = config.get<std::vector<std::int64_t>>("hidden_sizes", {96, 192, 384, 768});
    const auto stages = static_cast<std::size_t>(config.get<std::int64_t>("num_stages", 4));
    if (stages < 1 || p.depths.size() != stages) config.refuse("depths", fmt::format("{} numbers, as num_stages says", stages));
    if (p.widths.size() != stages) config.refuse("hidden_sizes", fmt::format("{} numbers, as num_stages says", stages));
    p.kernels.assign(stages, 7);
    p.block.activation = config.activation("hidden_act", "gelu");
    p.block.normEps = kInnerNormEps;
    config.ignore({"num_hidden_layers", "stage_names", "out_features", "out_indices", "layer_scale_init_value"});
    return p;
}

void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs) {
    map.linear(ours + ".depthwise", theirs + ".dwconv");
    map.linear(ours + ".norm", theirs + ".layernorm");
    map.linear(ours + ".fc1", theirs + ".pwconv1");
    map.flattened(ours + ".grn.residual_scale", theirs + ".grn.weight");
    map.flattened(ours + ".grn.bias", theirs + ".grn.bias");
    map.linear(ours + ".fc2", theirs + ".pwconv2");
}

WeightMap mapEncoder(ModelWeights& weights, const ConvNextV2::Params& params) {
    WeightMap map(weights);
    map.linear("encoder.stem", "embeddings.patch_embeddings");
    map.linear("encoder.stem_norm", "embeddings.layernorm");
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < params.stages(); ++stage) {
        const std::string theirs = fmt::format("encoder.stages.{}", stage);
        if (stage > 0) {
            map.linear(fmt::format("encoder.down{}_norm", stage), theirs + ".downsampling_layer.0");
            map.linear(fmt::format("encoder.down{}", stage), theirs + ".downsampling_layer.1");
        }
        for (std::int64_t i = 0; i < params.depths[stage]; ++i, ++number) {
            mapBlock(map, fmt::format("encoder.block{}", number), fmt::format("{}.layers.{}", theirs, i));
        }
    }
    return map;
}

/// The decoder that files of the pre-training hold (FCMAE), its blocks in the names of the encoder's. @return its blocks; 0: there is none
std::int64_t mapDecoder(WeightMap& map) {
    const std::string head = "head_reconstruction.";
    std::int64_t depth = 0;
    if (!map.weights().has("pred.weight") || !map.weights().has("mask_token")) return depth;
    map.pointwise(head + "embed", "proj");
    map.flattened(head + "mask_token", "mask_token");
    for (; map.weights().has(fmt::format("decoder.{}.dwconv.weight", depth)); ++depth)
        mapBlock(map, fmt::format("{}block{}", head, depth), fmt::format("decoder.{}", depth));
    map.pointwise(head + "predict", "pred");
    return depth;
}

class ConvNextV2Model : public FamilyModel {
public:
    ConvNextV2Model(ModelConfig& config, ModelWeights& weights);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    void readNorm(ModelWeights& weights, double eps);
    void readDecoder(const WeightMap& map, const ImageInput& input);

    std::unique_ptr<OpenedConvNext> network_;
    std::shared_ptr<Norm> norm_;  // of the pooled features; null: the file has none
    OuterLinear classifier_;      // undefined: the model alone
    std::string problemType_, statisticsFrom_;
    std::int64_t decoderDepth_ = 0, decoderWidth_ = 0;  // 0: there is no decoder
    bool normalizesTarget_ = false;
};

ConvNextV2Model::ConvNextV2Model(ModelConfig& config, ModelWeights& weights) {
    const std::string className = config.className();
    const bool classifies = className.empty() ? weights.has("classifier.weight") : className.ends_with("ForImageClassification");
    if (!classifies && !className.empty() && !className.ends_with("Model"))
        config.refuse("architectures", "ConvNextV2Model or ConvNextV2ForImageClassification");
    const ConvNextV2::Params params = readParams(config);
    ImageInput input;
    const Sides size = config.sides("image_size", {224, 224});
    input.channels = config.get<std::int64_t>("num_channels", 3);
    input.height = size.height;
    input.width = size.width;
    input.patchHeight = input.patchWidth = params.totalStride();
    statisticsFrom_ = readStatistics(config, ImageStatistics::imageNet(), input);
    weights.dropPrefix("convnextv2.");
    WeightMap map = mapEncoder(weights, params);
    decoderDepth_ = mapDecoder(map);
    if (decoderDepth_ > 0) readDecoder(map, input);
    network_ = std::make_unique<OpenedConvNext>(params, input, std::move(map));
    readNorm(weights, config.get<double>("layer_norm_eps", 1e-12));
    if (!classifies) return;
    classifier_ = OuterLinear::take(weights, "classifier", params.widths.back());
    problemType_ = config.get<std::string>("problem_type", "");
}

void ConvNextV2Model::readDecoder(const WeightMap& map, const ImageInput& input) {
    const at::Tensor predict = map.find("head_reconstruction.predict.weight");
    decoderWidth_ = predict.size(1);
    if (predict.size(0) != input.patchValues())
        throw DataError(fmt::format("{}: the decoder gives {} values a patch (tensor 'pred.weight'), but patches of {} x {} pixels have {}",
                                    map.weights().subject(), predict.size(0), input.patchHeight, input.patchWidth, input.patchValues()));
    const auto& values = map.weights().values();
    const auto normalizes = values.find("args.norm_pix_loss");
    normalizesTarget_ = normalizes != values.end() && normalizes->second == "true";
}

std::optional<ForeignModel> ConvNextV2Model::asMethod(const std::optional<Sides>& size) const {
    MethodParts parts{.id = "convnextv2", .name = "ConvNeXt V2 checkpoint"};
    if (network_->hasDecoder()) {
        parts.mask = Value(Value::Table{{"strategy", "random"}, {"ratio", kMaskRatio}});
        parts.target = Value(Value::Table{{"kind", "pixel"}, {"normalize", normalizesTarget_}});
        parts.head = Value(Value::Table{{"kind", "convnext"}, {"width", decoderWidth_}, {"depth", decoderDepth_}});
        parts.loss = Value(Value::Table{{"kind", "mse"}, {"on", "hidden"}});
    }
    return network_->asMethod(std::move(parts), size);
}

void ConvNextV2Model::readNorm(ModelWeights& weights, double eps) {
    if (!weights.takeOptional("layernorm.weight").defined()) return;  // its pre-training has none
    WeightMap last(weights);
    last.linear("norm", "layernorm");
    norm_ = std::make_shared<Norm>("layer", network_->params().widths.back(), eps);
    last.fill(*norm_, "norm.");
}

NamedTensors ConvNextV2Model::forward(ForwardInputs& inputs) {
    const std::vector<at::Tensor> maps = network_->see(inputs.require("pixel_values"));
    const at::Tensor mean = maps.back().mean({1, 2}), pooled = norm_ ? norm_->forward(mean) : mean;
    NamedTensors outputs;
    if (classifier_.weight.defined()) {
        outputs.emplace_back("logits", classifier_.apply(pooled));
        const at::Tensor labels = inputs.find("labels");
        if (labels.defined()) outputs.emplace_back("loss", classifierLoss(outputs.front().second, labels, problemType_));
    } else {
        outputs.emplace_back("last_hidden_state", maps.back().permute({0, 3, 1, 2}).contiguous());
        if (norm_) outputs.emplace_back("pooler_output", pooled);
    }
    for (std::size_t i = 0; i < maps.size(); ++i)
        outputs.emplace_back(fmt::format("hidden_states.{}", i), maps[i].permute({0, 3, 1, 2}).contiguous());
    return outputs;
}

IdentityCard ConvNextV2Model::card() const {
    IdentityCard card;
    card.title = classifier_.weight.defined() ? "ConvNeXt V2 with a classifier" : "ConvNeXt V2";
    network_->addFacts(card, statisticsFrom_);
    if (network_->hasDecoder()) {
        card.add("Decoder", fmt::format("{} of width {}", decoderDepth_ == 1 ? "a block" : fmt::format("{} blocks", decoderDepth_), decoderWidth_));
        card.add("Mask", fmt::format("random, {:g} % of the patches are left out of every convolution", 100 * kMaskRatio));
        card.add("Target", normalizesTarget_ ? "pixels, normalised a patch" : "plain pixels");
        card.works.push_back("It reconstructs the pixels of hidden patches.");
    }
    if (classifier_.weight.defined()) card.add("Classes", std::to_string(classifier_.weight.size(0)));
    return card;
}

}  // namespace

std::unique_ptr<FamilyModel> openConvNextV2(ModelConfig& config, ModelWeights& weights) { return std::make_unique<ConvNextV2Model>(config, weights); }

}  // namespace maskscope
