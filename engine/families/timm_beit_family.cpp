#include "families/timm_beit_family.h"

#include <fmt/format.h>

#include "families/grid_bias_names.h"
#include "families/image_statistics.h"
#include "families/simmim_decoder.h"
#include "families/timm_vit_like.h"
#include "families/vit_names.h"

namespace maskscope {
namespace {

/// What an architecture's name says, for keys that `model_args` leaves out.
struct Architecture {
    const char* name;
    std::int64_t imageSide, width, depth, heads;
};

constexpr Architecture kArchitectures[] = {
    {"beit_base_patch16_224", 224, 768, 12, 12},     {"beit_base_patch16_384", 384, 768, 12, 12},   {"beit_large_patch16_224", 224, 1024, 24, 16},
    {"beit_large_patch16_384", 384, 1024, 24, 16},   {"beit_large_patch16_512", 512, 1024, 24, 16}, {"beitv2_base_patch16_224", 224, 768, 12, 12},
    {"beitv2_large_patch16_224", 224, 1024, 24, 16},
};

const Architecture& architectureOf(ModelConfig& config) {
    const auto name = config.require<std::string>("architecture");
    for (const Architecture& known : kArchitectures)
        if (name.substr(0, name.find('.')) == known.name) return known;
    config.refuse("architecture", "a BEiT of timm, such as beit_base_patch16_224 or beitv2_large_patch16_224");
}

}  // namespace

std::unique_ptr<FamilyModel> openTimmBeit(ModelConfig& config, ModelWeights& weights) {
    const Architecture& known = architectureOf(config);
    ModelConfig args = config.section("model_args");
    TimmTokenHead head(config, "avg");
    TimmVitParts parts{.title = std::string(known.name).starts_with("beitv2") ? "BEiT v2" : "BEiT", .id = "timm_beit"};
    TransformerParams& p = parts.params.transformer;
    p = {.width = known.width, .depth = known.depth, .heads = known.heads};
    readTimmVitArgs(args, p);
    const Sides patch = args.sides("patch_size", {16, 16});
    parts.input = timmInput(config, {known.imageSide, known.imageSide}, patch);
    parts.statisticsFrom = readTimmStatistics(config, ImageStatistics::halves(), parts.input);
    args.get<double>("init_values", 0.0);  // whether there is a layer scale the tensors say, too
    p.layerScale = weights.has("blocks.0.gamma_1") ? 1.0 : 0.0;
    p.finalNorm = head.pooling() != "avg";
    parts.params.positions = args.get<bool>("use_abs_pos_emb", false) ? "learned" : "none";
    const bool own = args.get<bool>("use_rel_pos_bias", true), shared = args.get<bool>("use_shared_rel_pos_bias", false);
    parts.params.places.bias = own && shared ? "both" : own ? "block" : shared ? "shared" : "none";
    parts.places = own || shared ? "a learned attention bias for every offset" : "none";
    if (parts.params.positions == "learned") parts.places += "; a learned vector for every patch";

    WeightMap map(weights);
    mapTimmEmbedding(map, parts.params, true);
    if (weights.has("mask_token")) mapToken(map, "encoder.mask_token", "mask_token", {});
    parts.drawsPixels = weights.has("mask_token") && weights.has("decoder.0.weight");
    if (parts.drawsPixels) mapSimMimDecoder(map, "decoder.0", parts.input);
    mapTimmBlocks(map, p);
    if (own)
        for (std::int64_t i = 0; i < p.depth; ++i)
            mapRelativeBias(map, fmt::format("encoder.places.bias{}", i), fmt::format("blocks.{}.attn.relative_position_bias_table", i));
    if (shared) mapRelativeBias(map, "encoder.places.shared", "rel_pos_bias.relative_position_bias_table");
    for (const char* ending : {"relative_position_index", "k_bias"}) weights.ignoreEnding(ending);
    head.take(weights, p.width, head.pooling() == "avg", p.normEps);
    config.ignore({"num_features"});
    return makeTimmVit(std::move(parts), std::move(map), std::move(head));
}

}  // namespace maskscope
