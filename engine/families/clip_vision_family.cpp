#include "families/clip_vision_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "families/image_statistics.h"
#include "families/opened_vit.h"
#include "families/recipe_tables.h"
#include "families/transformers_heads.h"
#include "families/vit_names.h"
#include "families/words.h"

namespace maskscope {
namespace {

struct Settings {
    TransformerParams transformer;
    ImageInput input;
    std::string statisticsFrom;
    bool projects = false;
};

Settings readSettings(ModelConfig& config, const ModelWeights& weights) {
    Settings s;
    const std::string name = config.className();
    if (!name.empty() && name != "CLIPVisionModel" && name != "CLIPVisionModelWithProjection")
        config.refuse("architectures", "CLIPVisionModel or CLIPVisionModelWithProjection");
    s.projects = name.empty() ? weights.has("visual_projection.weight") : name == "CLIPVisionModelWithProjection";
    TransformerParams& p = s.transformer;
    p.width = config.get<std::int64_t>("hidden_size", 768);
    p.depth = config.get<std::int64_t>("num_hidden_layers", 12);
    p.heads = config.get<std::int64_t>("num_attention_heads", 12);
    p.mlpWidth = config.get<std::int64_t>("intermediate_size", 3072);
    p.activation = config.activation("hidden_act", "quick_gelu");
    p.normEps = config.get<double>("layer_norm_eps", 1e-5);
    for (const auto& [key, value] : {std::pair{"hidden_size", p.width}, std::pair{"num_hidden_layers", p.depth},
                                     std::pair{"num_attention_heads", p.heads}, std::pair{"intermediate_size", p.mlpWidth}})
        if (value < 1) config.refuse(key, "a number above 0");
    if (p.width % p.heads != 0) config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size = {}", p.width));
    if (!config.has("patch_size")) config.refuse("patch_size", "a number, since this family has no usual one");
    s.input = readVitInput(config);
    s.statisticsFrom = readStatistics(config, ImageStatistics::clip(), s.input);
    config.ignore({"projection_dim"});  // the tensor of the projection has its own size
    return s;
}

void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs) {
    const std::string attention = theirs + ".self_attn.";
    map.linear(ours + ".norm1", theirs + ".layer_norm1");
    map.joinedLinear(ours + ".attn.qkv", {attention + "q_proj", attention + "k_proj", attention + "v_proj"});
    map.linear(ours + ".attn.proj", attention + "out_proj");
    map.linear(ours + ".norm2", theirs + ".layer_norm2");
    for (const char* part : {".fc1", ".fc2"}) map.linear(ours + part, theirs + ".mlp" + part);
}

WeightMap mapWeights(const Settings& s, ModelWeights weights) {
    weights.dropPrefix("vision_model.");
    weights.ignoreEnding("position_ids");
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "embeddings.patch_embedding");
    const at::Tensor places = mapPositions(map, "embeddings.position_embedding.weight", 1);
    mapToken(map, "encoder.cls_token", "embeddings.class_embedding", places[0]);
    map.linear("encoder.embedding_norm", "pre_layrnorm");
    for (std::int64_t i = 0; i < s.transformer.depth; ++i)
        mapBlock(map, fmt::format("encoder.transformer.block{}", i), fmt::format("encoder.layers.{}", i));
    map.linear("encoder.transformer.norm", "post_layernorm");
    return map;
}

Value encoderTable(const Settings& s) {
    Value table = transformerTable("vit", s.transformer, {});
    table.set("positions", "learned");
    table.set("patch_bias", false);
    table.set("embedding_norm", true);
    return table;
}

class ClipVisionModel : public FamilyModel {
public:
    ClipVisionModel(Settings settings, WeightMap map) : s_(std::move(settings)), vit_(encoderTable(s_), s_.input, std::move(map)) {
        if (s_.projects) projection_ = OuterLinear::take(vit_.weights().weights(), "visual_projection", s_.transformer.width);
    }

    NamedTensors forward(ForwardInputs& inputs) override {
        inputs.find("interpolate_pos_encoding");  // positions are resized for other sizes in any case
        const Features features = vit_.see(inputs.require("pixel_values"), MaskPlan(), CorruptionKind::None);
        const at::Tensor pooled = features.prefix.select(1, 0);
        NamedTensors outputs;
        addStates(outputs, features);
        outputs.emplace_back("last_hidden_state", features.layers.back());  // CLIP norms the class token alone
        if (projection_)
            outputs.emplace_back("image_embeds", projection_->apply(pooled));
        else
            outputs.emplace_back("pooler_output", pooled);
        return outputs;
    }

    IdentityCard card() const override {
        IdentityCard card;
        card.title = "CLIP, image tower: " + blocksOf(s_.transformer.depth, s_.transformer.width);
        addVitFacts(card, s_.input, s_.transformer, s_.statisticsFrom);
        card.add("Positions", "a learned vector for every patch");
        card.add("Decoder", "none");
        if (projection_) card.add("Head", fmt::format("a projection to {} values, shared with texts", projection_->weight.size(0)));
        card.works.push_back(kLookedInto);
        card.worksNot.push_back(kNoDecoder);
        return card;
    }

    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override {
        return vit_.asMethod("clip_vision", "CLIP checkpoint, image tower", size);
    }

private:
    Settings s_;
    OpenedVit vit_;
    std::optional<OuterLinear> projection_;
};

}  // namespace

std::unique_ptr<FamilyModel> openClipVision(ModelConfig& config, ModelWeights& weights) {
    Settings settings = readSettings(config, weights);
    WeightMap map = mapWeights(settings, weights);
    return std::make_unique<ClipVisionModel>(std::move(settings), std::move(map));
}

}  // namespace maskscope
