#include <fmt/format.h>

#include "families/image_statistics.h"
#include "families/timm_beit_family.h"
#include "families/timm_vit_like.h"

namespace maskscope {
namespace {

enum class Build { Eva, Plain02, Scaled02, Clip02, PostNorm };

/// What an architecture's name says, for keys that `model_args` leaves out.
struct Architecture {
    const char* name;
    std::int64_t imageSide, patchSide, width, depth, heads;
    double mlpRatio;
    Build build;
    const char* pooling;

    bool rotary() const { return build != Build::Eva && build != Build::PostNorm; }
    bool scaledMlp() const { return build == Build::Scaled02 || build == Build::Clip02; }
};

constexpr double kGated = 4.0 * 2.0 / 3.0, kGiant = 6144.0 / 1408.0, kEnormous = 15360.0 / 1792.0;
constexpr std::int64_t kReferenceSide = 16;  // patches a side while pre-training EVA-02

constexpr Architecture kArchitectures[] = {
    {"eva_giant_patch14_224", 224, 14, 1408, 40, 16, kGiant, Build::Eva, "avg"},
    {"eva_giant_patch14_336", 336, 14, 1408, 40, 16, kGiant, Build::Eva, "avg"},
    {"eva_giant_patch14_560", 560, 14, 1408, 40, 16, kGiant, Build::Eva, "avg"},
    {"eva_giant_patch14_clip_224", 224, 14, 1408, 40, 16, kGiant, Build::Eva, "token"},
    {"eva02_tiny_patch14_224", 224, 14, 192, 12, 3, kGated, Build::Plain02, "avg"},
    {"eva02_tiny_patch14_336", 336, 14, 192, 12, 3, kGated, Build::Plain02, "avg"},
    {"eva02_small_patch14_224", 224, 14, 384, 12, 6, kGated, Build::Plain02, "avg"},
    {"eva02_small_patch14_336", 336, 14, 384, 12, 6, kGated, Build::Plain02, "avg"},
    {"eva02_base_patch14_224", 224, 14, 768, 12, 12, kGated, Build::Scaled02, "avg"},
    {"eva02_base_patch14_448", 448, 14, 768, 12, 12, kGated, Build::Scaled02, "avg"},
    {"eva02_large_patch14_224", 224, 14, 1024, 24, 16, kGated, Build::Scaled02, "avg"},
    {"eva02_large_patch14_448", 448, 14, 1024, 24, 16, kGated, Build::Scaled02, "avg"},
    {"eva02_base_patch16_clip_224", 224, 16, 768, 12, 12, kGated, Build::Clip02, "token"},
    {"eva02_large_patch14_clip_224", 224, 14, 1024, 24, 16, kGated, Build::Clip02, "token"},
    {"eva02_large_patch14_clip_336", 336, 14, 1024, 24, 16, kGated, Build::Clip02, "token"},
    {"eva02_enormous_patch14_clip_224", 224, 14, 1792, 64, 16, kEnormous, Build::PostNorm, "token"},
};

const Architecture& architectureOf(ModelConfig& config) {
    const auto name = config.require<std::string>("architecture");
    for (const Architecture& known : kArchitectures)
        if (name.substr(0, name.find('.')) == known.name) return known;
    config.refuse("architecture", "an EVA of timm, such as eva02_base_patch14_224 or eva_giant_patch14_336");
}

void readRotary(ModelConfig& args, const Architecture& known, GridPlaceParams& places) {
    places.rotary = args.get<bool>("use_rot_pos_emb", known.rotary());
    const Sides reference = args.sides("ref_feat_shape", known.rotary() ? Sides{kReferenceSide, kReferenceSide} : Sides{});
    if (reference.height > 0) places.rotaryGrid = {reference.height, reference.width};
    places.rotaryBase = args.get<double>("rope_temperature", 10000.0);
    if (args.get<bool>("rope_mixed_mode", false)) args.refuse("rope_mixed_mode", "false: learned rotary frequencies are not known here");
    if (args.get<bool>("rope_rotate_half", false)) args.refuse("rope_rotate_half", "false: pairs of channels are neighbours in EVA");
    if (args.get<double>("rope_grid_offset", 0.0) != 0.0) args.refuse("rope_grid_offset", "0");
    args.choice("rope_grid_indexing", "ij", {"ij"});
    args.choice("rope_type", "cat", {"cat"});
}

/// Blocks, norms and tokens. @return whether positions begin with those of the tokens in front
bool readNetwork(ModelConfig& args, const ModelWeights& weights, const Architecture& known, const std::string& pooling, TimmVitParts& parts) {
    TransformerParams& p = parts.params.transformer;
    p = {.width = known.width, .depth = known.depth, .heads = known.heads, .mlpRatio = known.mlpRatio};
    p.gatedMlp = known.rotary();
    p.mlpNorm = known.scaledMlp();
    readTimmVitArgs(args, p);
    p.innerNorm = args.get<bool>("scale_attn_inner", known.build == Build::Clip02);
    args.get<bool>("qkv_fused", true);  // the tensors say whether queries, keys and values have one matrix
    args.choice("attn_type", "eva", {"eva"});
    const bool after = args.get<bool>("use_post_norm", known.build == Build::PostNorm);
    p.normPlace = after ? NormPlace::Branch : NormPlace::Before;
    args.get<double>("init_values", 0.0);  // whether there is a layer scale the tensors say, too
    p.layerScale = weights.has("blocks.0.gamma_1") && !after ? 1.0 : 0.0;
    p.finalNorm = args.get<bool>("use_post_transformer_norm", !args.get<bool>("use_fc_norm", pooling == "avg"));
    parts.params.cls = args.get<bool>("class_token", true);
    parts.params.registers = args.get<std::int64_t>("num_reg_tokens", 0);
    parts.params.embeddingNorm = args.get<bool>("use_pre_transformer_norm", false);
    parts.params.patchBias = !parts.params.embeddingNorm;
    parts.params.positions = args.get<bool>("use_abs_pos_emb", true) ? "learned" : "none";
    readRotary(args, known, parts.params.places);
    return !args.get<bool>("no_embed_class", false);
}

}  // namespace

std::unique_ptr<FamilyModel> openTimmEva(ModelConfig& config, ModelWeights& weights) {
    const Architecture& known = architectureOf(config);
    ModelConfig args = config.section("model_args");
    TimmTokenHead head(config, known.pooling);
    TimmVitParts parts{.title = known.build == Build::Eva ? "EVA" : "EVA-02", .id = "timm_eva"};
    const bool placesOfPrefix = readNetwork(args, weights, known, head.pooling(), parts);
    const TransformerParams& p = parts.params.transformer;
    parts.input = timmInput(config, {known.imageSide, known.imageSide}, args.sides("patch_size", {known.patchSide, known.patchSide}));
    parts.statisticsFrom = readTimmStatistics(config, ImageStatistics::clip(), parts.input);
    parts.places = parts.params.positions == "learned" ? "a learned vector for every patch" : "";
    if (parts.params.places.rotary) parts.places += parts.places.empty() ? "rotary angles" : "; rotary angles";

    WeightMap map(weights);
    mapTimmEmbedding(map, parts.params, placesOfPrefix);
    mapTimmBlocks(map, p);
    for (const char* ending : {"k_bias", "rope.pos_embed", "rope.bands"}) weights.ignoreEnding(ending);
    head.take(weights, p.width, args.get<bool>("use_fc_norm", head.pooling() == "avg"), p.normEps);
    config.ignore({"num_features"});
    return makeTimmVit(std::move(parts), std::move(map), std::move(head));
}

}  // namespace maskscope
