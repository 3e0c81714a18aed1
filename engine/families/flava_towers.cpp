#include "families/flava_towers.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/recipe_tables.h"
#include "families/text_names.h"
#include "families/vit_names.h"
#include "families/words.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

constexpr std::int64_t kUsualFusionDepth = 6;

void mapBlocks(WeightMap& map, const std::string& ours, std::int64_t depth, const std::string& prefix) {
    for (std::int64_t i = 0; i < depth; ++i) mapVitBlock(map, fmt::format("{}block{}", ours, i), fmt::format("{}encoder.layer.{}", prefix, i));
    map.linear(ours + "norm", prefix + "layernorm");
}

std::optional<OuterLinear> takePooler(ModelWeights& weights, const std::string& prefix, std::int64_t width) {
    const std::string name = prefix + "pooler.dense";
    return weights.has(name + ".weight") ? std::optional(OuterLinear::take(weights, name, width)) : std::nullopt;
}

at::Tensor pooled(const std::optional<OuterLinear>& pooler, const at::Tensor& tokens) {
    return pooler ? pooler->apply(tokens.select(1, 0)).tanh() : at::Tensor();
}

TowerStates statesOf(Features features, at::Tensor normed, at::Tensor pooledToken) {
    return {std::move(features.embedded), std::move(features.layers), std::move(features.attentions), std::move(normed), std::move(pooledToken)};
}

}  // namespace

void TowerStates::addTo(NamedTensors& outputs, const std::string& prefix) const {
    outputs.emplace_back(prefix + "last_hidden_state", normed);
    if (pooled.defined()) outputs.emplace_back(prefix + "pooler_output", pooled);
    outputs.emplace_back(prefix + "hidden_states.0", embedded);
    for (std::size_t i = 0; i < layers.size(); ++i) outputs.emplace_back(fmt::format("{}hidden_states.{}", prefix, i + 1), layers[i]);
    for (std::size_t i = 0; i < attentions.size(); ++i) outputs.emplace_back(fmt::format("{}attentions.{}", prefix, i), attentions[i]);
}

FlavaImageTower::FlavaImageTower(ModelConfig config, const ModelConfig& whole, ModelWeights& weights, const std::string& prefix)
    : params_(readVitTransformer(config)) {
    ImageInput input = readVitInput(config);
    statisticsFrom_ = readStatistics(whole, ImageStatistics::clip(), input);
    const bool maskToken = config.get<bool>("mask_token", true);
    Value table = transformerTable("vit", params_, {});
    table.set("positions", "learned");
    WeightMap map(weights);
    map.linear("encoder.patch_embed", prefix + "embeddings.patch_embeddings.projection");
    const at::Tensor places = mapPositions(map, prefix + "embeddings.position_embeddings", 1);
    mapToken(map, "encoder.cls_token", prefix + "embeddings.cls_token", places.select(0, 0));
    if (maskToken) mapToken(map, "encoder.mask_token", prefix + "embeddings.mask_token", {});
    mapBlocks(map, "encoder.transformer.", params_.depth, prefix);
    vit_ = std::make_unique<OpenedVit>(std::move(table), input, std::move(map));
    pooler_ = takePooler(weights, prefix, params_.width);
}

TowerStates FlavaImageTower::see(const at::Tensor& pixels, const at::Tensor& hidden) {
    if (hidden.defined() && !vit_->hasMaskToken())
        throw DataError("bool_masked_pos is given, but this model has no mask token (mask_token is false); leave it out");
    Features features = vit_->see(pixels, replacingPlan(hidden), CorruptionKind::Token);
    const at::Tensor normed = wholeSequence(features);
    return statesOf(std::move(features), normed, pooled(pooler_, normed));
}

std::unique_ptr<OpenedText> openFlavaTextTower(ModelConfig config, ModelWeights& weights, const std::string& prefix) {
    TransformerParams params = readVitTransformer(config);
    TextInput input;
    input.vocabulary = config.get<std::int64_t>("vocab_size", 30522);
    input.length = config.get<std::int64_t>("max_position_embeddings", 512);
    const auto types = config.get<std::int64_t>("type_vocab_size", 2);
    config.choice("position_embedding_type", "absolute", {"absolute"});
    config.ignore({"pad_token_id"});
    const std::string embedding = prefix + "embeddings.";
    WeightMap map(weights);
    for (const auto& [ours, theirs] :
         {std::pair{"word_table", "word"}, std::pair{"position_table", "position"}, std::pair{"type_table", "token_type"}})
        map.move(std::string("encoder.embed.") + ours, embedding + theirs + "_embeddings.weight");
    mapNorm(map, "encoder.embed.norm", embedding + "LayerNorm");
    mapBlocks(map, "encoder.transformer.", params.depth, prefix);
    TextModelParts parts{.title = "FLAVA's text encoder", .encoder = transformerTable("text_transformer", params, {.normPlace = NormPlace::After})};
    parts.encoder.set("token_types", types);
    parts.input = input;
    if (weights.has(prefix + "pooler.dense.weight")) parts.pooler = prefix + "pooler.dense";
    IdentityCard card;
    card.title = "FLAVA's text encoder: " + blocksOf(params.depth, params.width);
    addTextFacts(card, input, params, fmt::format("a learned vector for each of {} places", input.length));
    return std::make_unique<OpenedText>(std::move(parts), std::move(map), std::move(card));
}

TowerStates textStates(OpenedText& text, const View& view) {
    Features features = text.see(view);
    const at::Tensor normed = features.tokens, pooledToken = text.pooled(features);
    return statesOf(std::move(features), normed, pooledToken);
}

FlavaFusionTower::FlavaFusionTower(ModelConfig config, ModelWeights& weights, const std::string& prefix) : params_(readVitTransformer(config)) {
    if (!config.has("num_hidden_layers")) params_.depth = kUsualFusionDepth;
    WeightMap map(weights);
    mapBlocks(map, "", params_.depth, prefix);
    transformer_ = std::make_shared<Transformer>(params_);
    map.fill(*transformer_);
    transformer_->eval();
    if (config.get<bool>("use_cls_token", true)) cls_ = weights.take(prefix + "cls_token").reshape({1, 1, -1});
    pooler_ = takePooler(weights, prefix, params_.width);
}

TowerStates FlavaFusionTower::see(const at::Tensor& tokens, const at::Tensor& real) {
    requireShape(tokens, {kAnySize, kAnySize, params_.width}, "hidden_states");
    const at::Tensor x = cls_.defined() ? at::cat({cls_.expand({tokens.size(0), 1, params_.width}), tokens}, 1) : tokens;
    if (real.defined()) requireShape(real, {x.size(0), x.size(1)}, "attention_mask of the multimodal encoder, class token included");
    Features features;
    const at::Tensor normed =
        transformer_->normalize(transformer_->forward(x, AttentionContext(real), {.layers = true, .attentions = true}, features));
    return statesOf(std::move(features), normed, pooled(pooler_, normed));
}

}  // namespace maskscope
