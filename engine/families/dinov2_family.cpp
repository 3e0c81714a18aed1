#include "families/dinov2_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/opened_vit.h"
#include "families/recipe_tables.h"
#include "families/transformers_heads.h"
#include "families/vit_names.h"
#include "families/words.h"

namespace maskscope {
namespace {

constexpr std::int64_t kGatedMultiple = 8;  // hidden widths of gated MLPs are rounded up to it

struct Settings {
    TransformerParams transformer;
    ImageInput input;
    std::string statisticsFrom, problemType;
    std::int64_t registers = 0;
    bool classifies = false, maskToken = true, withRegisters = false;
};

Settings readSettings(ModelConfig& config, const ModelWeights& weights) {
    Settings s;
    s.withRegisters = config.get<std::string>("model_type", "dinov2") == "dinov2_with_registers";
    const std::string name = config.className(), start = s.withRegisters ? "Dinov2WithRegisters" : "Dinov2";
    if (!name.empty() && name != start + "Model" && name != start + "ForImageClassification")
        config.refuse("architectures", fmt::format("{0}Model or {0}ForImageClassification", start));
    s.classifies = name.empty() ? weights.has("classifier.weight") : name == start + "ForImageClassification";
    TransformerParams& p = s.transformer;
    p = readVitTransformer(config, 1e-6);
    p.layerScale = config.get<double>("layerscale_value", 1.0);
    if (p.layerScale == 0.0) p.layerScale = 1.0;  // a first value; the tensors are there in any case
    p.mlpWidth = static_cast<std::int64_t>(static_cast<double>(p.width) * config.get<double>("mlp_ratio", 4.0));
    p.gatedMlp = config.get<bool>("use_swiglu_ffn", false);
    if (p.gatedMlp) {
        p.activation = "silu";
        p.mlpWidth = (p.mlpWidth * 2 / 3 + kGatedMultiple - 1) / kGatedMultiple * kGatedMultiple;
    }
    if (p.mlpWidth < 1) config.refuse("mlp_ratio", "a number that leaves an MLP");
    s.input = readVitInput(config);
    s.statisticsFrom = readStatistics(config, ImageStatistics::imageNet(), s.input);
    if (s.withRegisters) s.registers = config.get<std::int64_t>("num_register_tokens", 4);
    s.maskToken = s.withRegisters || config.get<bool>("use_mask_token", true);
    s.problemType = config.get<std::string>("problem_type", "");
    config.ignore({"apply_layernorm", "out_features", "out_indices", "reshape_hidden_states", "stage_names"});  // of backbones
    return s;
}

void mapBlock(WeightMap& map, const TransformerParams& p, const std::string& ours, const std::string& theirs) {
    const std::string attention = theirs + ".attention.attention.";
    map.linear(ours + ".norm1", theirs + ".norm1");
    map.joinedLinear(ours + ".attn.qkv", {attention + "query", attention + "key", attention + "value"});
    map.linear(ours + ".attn.proj", theirs + ".attention.output.dense");
    map.move(ours + ".scale1", theirs + ".layer_scale1.lambda1");
    map.linear(ours + ".norm2", theirs + ".norm2");
    map.linear(ours + ".fc1", theirs + (p.gatedMlp ? ".mlp.weights_in" : ".mlp.fc1"));
    map.linear(ours + ".fc2", theirs + (p.gatedMlp ? ".mlp.weights_out" : ".mlp.fc2"));
    map.move(ours + ".scale2", theirs + ".layer_scale2.lambda1");
}

WeightMap mapWeights(const Settings& s, ModelWeights weights) {
    weights.dropPrefix(s.withRegisters ? "dinov2_with_registers." : "dinov2.");
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "embeddings.patch_embeddings.projection");
    const at::Tensor places = mapPositions(map, "embeddings.position_embeddings", 1);
    mapToken(map, "encoder.cls_token", "embeddings.cls_token", places[0]);
    if (s.registers > 0) map.reshaped("encoder.register_table", "embeddings.register_tokens", {s.registers, s.transformer.width});
    if (s.maskToken) mapToken(map, "encoder.mask_token", "embeddings.mask_token", {});
    for (std::int64_t i = 0; i < s.transformer.depth; ++i)
        mapBlock(map, s.transformer, fmt::format("encoder.transformer.block{}", i), fmt::format("encoder.layer.{}", i));
    map.linear("encoder.transformer.norm", "layernorm");
    return map;
}

Value encoderTable(const Settings& s) {
    Value table = transformerTable("vit", s.transformer, {});
    table.set("positions", "learned");
    if (s.registers > 0) table.set("registers", s.registers);
    return table;
}

class Dinov2Model : public FamilyModel {
public:
    Dinov2Model(Settings settings, WeightMap map)
        : s_(std::move(settings)), vit_(encoderTable(s_), s_.input, std::move(map), /*antialias=*/s_.withRegisters) {
        if (s_.classifies) classifier_ = OuterLinear::take(vit_.weights().weights(), "classifier", 2 * s_.transformer.width);
    }

    NamedTensors forward(ForwardInputs& inputs) override {
        const at::Tensor hidden = s_.classifies ? at::Tensor() : inputs.find("bool_masked_pos");
        if (hidden.defined() && !s_.maskToken)
            throw DataError("bool_masked_pos is given, but this checkpoint has no mask token (use_mask_token is false); leave it out");
        const Features features = vit_.see(inputs.require("pixel_values"), replacingPlan(hidden), CorruptionKind::Token);
        const at::Tensor cls = features.prefix.select(1, 0);
        NamedTensors outputs;
        addStates(outputs, features);
        if (classifier_) {
            outputs.emplace_back("logits", classifier_->apply(at::cat({cls, features.tokens.mean(1)}, 1)));
            const at::Tensor labels = inputs.find("labels");
            if (labels.defined()) outputs.emplace_back("loss", classifierLoss(outputs.back().second, labels, s_.problemType));
        } else {
            outputs.emplace_back("last_hidden_state", wholeSequence(features));
            outputs.emplace_back("pooler_output", cls);
        }
        return outputs;
    }

    IdentityCard card() const override {
        IdentityCard card;
        card.title = "DINOv2: " + blocksOf(s_.transformer.depth, s_.transformer.width);
        addVitFacts(card, s_.input, s_.transformer, s_.statisticsFrom);
        card.add("Positions", "a learned vector for every patch");
        card.add("Tokens in front", s_.registers > 0 ? fmt::format("a class token and {} registers", s_.registers) : "a class token");
        card.add("Mask token", s_.maskToken ? "yes" : "no");
        card.add("Decoder", "none");
        if (classifier_) card.add("Head", fmt::format("a classifier of {} classes", classifier_->weight.size(0)));
        card.works.push_back(kLookedInto);
        card.worksNot.push_back(kNoDecoder);
        return card;
    }

    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override {
        return vit_.asMethod("dinov2", "DINOv2 checkpoint", size);
    }

private:
    Settings s_;
    OpenedVit vit_;
    std::optional<OuterLinear> classifier_;
};

}  // namespace

std::unique_ptr<FamilyModel> openDinov2(ModelConfig& config, ModelWeights& weights) {
    Settings settings = readSettings(config, weights);
    WeightMap map = mapWeights(settings, weights);
    return std::make_unique<Dinov2Model>(std::move(settings), std::move(map));
}

}  // namespace maskscope
