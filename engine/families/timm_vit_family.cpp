#include "families/timm_vit_family.h"

#include <charconv>

#include <fmt/format.h>

#include "core/text.h"
#include "families/image_statistics.h"
#include "families/timm_vit_like.h"

namespace maskscope {
namespace {

struct Size {
    const char* name;
    std::int64_t width, depth, heads;
};
constexpr Size kSizes[] = {{"tiny", 192, 12, 3},    {"small", 384, 12, 6},  {"medium", 512, 12, 8}, {"base", 768, 12, 12},
                           {"large", 1024, 24, 16}, {"huge", 1280, 32, 16}, {"wee", 256, 14, 4},    {"little", 320, 14, 5}};

/// What an architecture's name says, for keys that model_args leave out.
struct Architecture {
    std::int64_t width = 768, depth = 12, heads = 12, patch = 16, imageSide = 224, registers = 0;
    double layerScale = 0.0;
    std::string pooling = "token", activation = "gelu";
    double normEps = 1e-6;
    bool cls = true, prefixPlaces = true, normBefore = false;
};

/// The number that follows `start` in one of a name's parts: "patch16" -> 16.
std::optional<std::int64_t> numberAfter(const std::string& part, const std::string& start) {
    if (!part.starts_with(start) || part.size() == start.size()) return std::nullopt;
    std::int64_t value = 0;
    const char* end = part.data() + part.size();
    const auto [last, error] = std::from_chars(part.data() + start.size(), end, value);
    return error == std::errc() && last == end ? std::optional(value) : std::nullopt;
}

/// One part of a name. @return false if nobody knows what it says
bool readPart(const std::string& part, Architecture& a) {
    for (const Size& size : kSizes)
        if (part == size.name) {
            a.width = size.width;
            a.depth = size.depth;
            a.heads = size.heads;
            return true;
        }
    if (const auto patch = numberAfter(part, "patch")) return a.patch = *patch, true;
    if (const auto side = numberAfter(part, "")) return a.imageSide = *side, true;
    if (const auto registers = numberAfter(part, "reg")) return a.registers = *registers, a.prefixPlaces = false, true;
    if (part == "gap") return a.cls = false, a.pooling = "avg", true;
    if (part == "dinov2") return a.layerScale = 1e-5, a.imageSide = 518, true;
    if (part == "dino" || part == "augreg" || part == "mae") return true;
    if (part == "clip" || part == "quickgelu") {
        a.normBefore = true;
        a.normEps = 1e-5;
        if (part == "quickgelu") a.activation = "quick_gelu";
        return true;
    }
    return false;
}

Architecture architectureOf(ModelConfig& config) {
    const auto whole = config.require<std::string>("architecture");
    const std::vector<std::string> parts = split(whole.substr(0, whole.find('.')), '_');
    Architecture a;
    if (parts.front() == "deit3") {
        a.prefixPlaces = false;
        a.layerScale = 1e-6;
    }
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (!readPart(parts[i], a))
            config.refuse("architecture", fmt::format("a Vision Transformer such as vit_base_patch16_224; '{}' is not known here", parts[i]));
    return a;
}

/// Names of activations as timm has them, where ours differ.
std::string readActivationName(ModelConfig& args, const std::string& standard) {
    const auto name = args.get<std::string>("act_layer", standard);
    if (name == "quick_gelu" || name == "quickgelu") return "quick_gelu";
    if (name == "gelu" || name == "gelu_tanh" || name == "relu" || name == "relu6" || name == "silu" || name == "mish" || name == "elu" ||
        name == "selu" || name == "leaky_relu" || name == "tanh" || name == "sigmoid")
        return name;
    if (name == "swish") return "silu";
    args.refuse("act_layer", "gelu, gelu_tanh, quick_gelu, relu, relu6, silu, mish, elu, selu, leaky_relu, tanh or sigmoid");
}

/// Normalisation layers as timm names them.
void readNorm(ModelConfig& args, TransformerParams& p) {
    const auto name = args.get<std::string>("norm_layer", "layernorm");
    if (name == "rmsnorm")
        p.normKind = "rms";
    else if (name != "layernorm")
        args.refuse("norm_layer", "layernorm or rmsnorm");
}

void readTransformer(ModelConfig& args, const Architecture& a, TransformerParams& p) {
    p = {.width = a.width, .depth = a.depth, .heads = a.heads};
    readTimmVitArgs(args, p);
    p.keyBias = true;
    p.normEps = a.normEps;
    p.activation = readActivationName(args, a.activation);
    readNorm(args, p);
    p.queryKeyNorm = args.get<bool>("qk_norm", false);
    p.innerNorm = args.get<bool>("scale_attn_norm", false);
    p.mlpNorm = args.get<bool>("scale_mlp_norm", false);
    p.projectionBias = p.mlpBias = args.get<bool>("proj_bias", true);
    p.layerScale = args.get<double>("init_values", a.layerScale);
}

void mapBlocks(WeightMap& map, const TransformerParams& p) {
    for (std::int64_t i = 0; i < p.depth; ++i) {
        const std::string ours = fmt::format("encoder.transformer.block{}", i), theirs = fmt::format("blocks.{}", i);
        for (const char* part : {".norm1", ".attn.qkv", ".attn.proj", ".norm2"}) map.linear(ours + part, theirs + part);
        for (const char* part : {".fc1", ".fc2"}) map.linear(ours + part, theirs + ".mlp" + part);
        if (p.queryKeyNorm) {
            map.linear(ours + ".attn.query_norm", theirs + ".attn.q_norm");
            map.linear(ours + ".attn.key_norm", theirs + ".attn.k_norm");
        }
        if (p.innerNorm) map.linear(ours + ".attn.norm", theirs + ".attn.norm");
        if (p.mlpNorm) map.linear(ours + ".mlp_norm", theirs + ".mlp.norm");
        if (p.layerScale == 0.0) continue;
        map.move(ours + ".scale1", theirs + ".ls1.gamma");
        map.move(ours + ".scale2", theirs + ".ls2.gamma");
    }
    if (p.finalNorm) map.linear("encoder.transformer.norm", "norm");
}

}  // namespace

std::unique_ptr<FamilyModel> openTimmVit(ModelConfig& config, ModelWeights& weights) {
    const Architecture a = architectureOf(config);
    ModelConfig args = config.section("model_args");
    TimmTokenHead head(config, a.pooling);
    TimmVitParts parts{.title = "Vision Transformer", .id = "timm_vit"};
    Vit::Params& params = parts.params;
    readTransformer(args, a, params.transformer);
    const Sides patch = args.sides("patch_size", {a.patch, a.patch});
    parts.input = timmInput(config, {a.imageSide, a.imageSide}, patch);
    parts.statisticsFrom = readTimmStatistics(config, ImageStatistics::halves(), parts.input);
    params.cls = args.get<bool>("class_token", a.cls);
    params.registers = args.get<std::int64_t>("reg_tokens", a.registers);
    if (params.registers < 0) args.refuse("reg_tokens", "at least 0");
    if (!params.cls && head.pooling() == "token") args.refuse("class_token", "true, since the class token is what is pooled");
    params.embeddingNorm = args.get<bool>("pre_norm", a.normBefore);
    params.patchBias = !params.embeddingNorm;
    const std::string places = args.choice("pos_embed", "learn", {"learn", "none", ""});
    params.positions = places == "learn" ? "learned" : "none";
    parts.places = places == "learn" ? "a learned vector for every patch" : "none";
    const bool pools = head.pooling() != "token" && !head.pooling().empty();
    const bool normsPooled = args.get<bool>("fc_norm", pools), normsAtAll = args.get<bool>("final_norm", true);
    params.transformer.finalNorm = normsAtAll && !normsPooled;
    if (args.get<bool>("pool_include_prefix", false)) args.refuse("pool_include_prefix", "false");
    const auto features = config.get<std::int64_t>("num_features", params.transformer.width);
    if (features != params.transformer.width) config.refuse("num_features", fmt::format("embed_dim = {}", params.transformer.width));

    WeightMap map(weights);
    mapTimmEmbedding(map, params, !args.get<bool>("no_embed_class", !a.prefixPlaces));
    mapBlocks(map, params.transformer);
    head.take(weights, params.transformer.width, normsAtAll && normsPooled, params.transformer.normEps);
    return makeTimmVit(std::move(parts), std::move(map), std::move(head));
}

}  // namespace maskscope
