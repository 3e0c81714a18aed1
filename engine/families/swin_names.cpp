#include "families/swin_names.h"

#include <fmt/format.h>
#include <torch/torch.h>

namespace maskscope {
namespace {

constexpr std::int64_t kWidest = 1 << 20;
constexpr std::size_t kMostStages = 16;
constexpr std::int64_t kLargestWindow = 128;  // every pair of tokens in a window has a place in a table

/// The tensors of one block, which transformers may call by either of its generations of names.
void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs, const Swin::Params& params) {
    map.linear(ours + ".norm1", theirs + ".layernorm_before");
    map.linear(ours + ".norm2", theirs + ".layernorm_after");
    const bool newNames = map.weights().has(theirs + ".attention.q_proj.weight");
    const std::string attention = theirs + (newNames ? ".attention." : ".attention.self.");
    const std::string query = attention + (newNames ? "q_proj" : "query"), key = attention + (newNames ? "k_proj" : "key"),
                      value = attention + (newNames ? "v_proj" : "value");
    const std::string fused = theirs + ".attention.qkv";  // of official files
    const bool isFused = map.weights().has(fused + ".weight");
    if (params.version == 2) {
        if (isFused)
            map.move(ours + ".attn.qkv.weight", fused + ".weight");
        else
            map.joined(ours + ".attn.qkv.weight", {query + ".weight", key + ".weight", value + ".weight"});
        if (params.qkvBias) {
            map.move(ours + ".attn.query_bias", isFused ? theirs + ".attention.q_bias" : query + ".bias");
            map.move(ours + ".attn.value_bias", isFused ? theirs + ".attention.v_bias" : value + ".bias");
        }
        map.flattened(ours + ".attn.logit_scale", attention + "logit_scale");
        map.linear(ours + "_window.fc1", attention + "continuous_position_bias_mlp.0");
        map.move(ours + "_window.fc2.weight", attention + "continuous_position_bias_mlp.2.weight");
    } else {
        if (isFused)
            map.linear(ours + ".attn.qkv", fused);
        else
            map.joinedLinear(ours + ".attn.qkv", {query, key, value});
        map.move(ours + "_window.table", attention + (newNames ? "relative_position_bias." : "") + "relative_position_bias_table");
    }
    map.linear(ours + ".attn.proj", theirs + (newNames ? ".attention.o_proj" : ".attention.output.dense"));
    const bool newMlp = map.weights().has(theirs + ".mlp.fc1.weight");
    map.linear(ours + ".fc1", theirs + (newMlp ? ".mlp.fc1" : ".intermediate.dense"));
    map.linear(ours + ".fc2", theirs + (newMlp ? ".mlp.fc2" : ".output.dense"));
}

}  // namespace

Swin::Params readSwinParams(ModelConfig& config, std::int64_t version) {
    Swin::Params p;
    const Sides patch = config.sides("patch_size", {4, 4});
    if (patch.height != patch.width || patch.height < 1) config.refuse("patch_size", "one side of at least 1 for height and width");
    p.stemPatch = patch.height;
    p.width = config.get<std::int64_t>("embed_dim", 96);
    p.depths = config.get<std::vector<std::int64_t>>("depths", {2, 2, 6, 2});
    p.heads = config.get<std::vector<std::int64_t>>("num_heads", {3, 6, 12, 24});
    if (p.depths.empty() || p.heads.size() < p.depths.size())
        config.refuse("num_heads", fmt::format("{} numbers, one for every stage of depths", p.depths.size()));
    p.heads.resize(p.depths.size());
    if (p.width < 1 || p.width > kWidest) config.refuse("embed_dim", fmt::format("1 to {}", kWidest));
    if (p.stages() > kMostStages) config.refuse("depths", fmt::format("at most {} numbers", kMostStages));
    for (std::size_t stage = 0; stage < p.stages(); ++stage) {
        if (p.depths[stage] < 0) config.refuse("depths", "numbers of blocks, 0 or more");
        if (p.heads[stage] < 1 || p.widthOf(stage) % p.heads[stage] != 0)
            config.refuse("num_heads", fmt::format("divisors of the widths, in stage {} of {}", stage, p.widthOf(stage)));
    }
    const auto window = config.get<std::int64_t>("window_size", 7);
    if (window < 1 || window > kLargestWindow) config.refuse("window_size", fmt::format("1 to {}", kLargestWindow));
    p.windowRows.assign(p.stages(), window);
    p.windowColumns = p.windowRows;
    p.version = version;
    p.knownWindows.assign(p.stages(), 0);
    if (version == 2) {
        p.knownWindows = config.get<std::vector<std::int64_t>>("pretrained_window_sizes", p.knownWindows);
        if (p.knownWindows.size() < p.stages()) config.refuse("pretrained_window_sizes", fmt::format("{} numbers, one for every stage", p.stages()));
        p.knownWindows.resize(p.stages());
        // transformers adds the mask of shifted windows twice.
        p.strangerPenalty = 200.0;
    }
    p.windowFit = version == 2 ? "rows" : "smaller";
    p.padsBeforeShift = true;
    p.mlpRatio = config.get<double>("mlp_ratio", 4.0);
    p.qkvBias = config.get<bool>("qkv_bias", true);
    p.normEps = config.get<double>("layer_norm_eps", 1e-5);
    p.activation = config.activation("hidden_act", "gelu");
    if (config.get<bool>("use_absolute_embeddings", false)) {
        if (version == 2) config.refuse("use_absolute_embeddings", "false: with its table of positions no Swin V2 of transformers runs");
        p.positions = "learned";
    }
    // What follows from other keys, and what only backbones read.
    config.ignore(
        {"hidden_size", "num_layers", "num_hidden_layers", "num_attention_heads", "stage_names", "out_features", "out_indices", "path_norm"});
    return p;
}

ImageInput readSwinInput(ModelConfig& config, const Swin::Params& params) {
    ImageInput input;
    const Sides size = config.sides("image_size", {224, 224});
    input.channels = config.get<std::int64_t>("num_channels", 3);
    input.height = size.height;
    input.width = size.width;
    input.patchHeight = input.patchWidth = params.totalStride();
    if (size.height < params.stemPatch || size.width < params.stemPatch) config.refuse("image_size", "at least one patch");
    return input;
}

WeightMap mapSwinEncoder(ModelWeights& weights, const Swin::Params& params) {
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "embeddings.patch_embeddings.projection");
    map.linear("encoder.embed_norm", "embeddings.norm");
    if (weights.has("embeddings.mask_token")) map.flattened("encoder.mask_token", "embeddings.mask_token");
    if (params.positions == "learned") {
        const at::Tensor table = weights.take("embeddings.position_embeddings");
        map.add("encoder.pos_embed.table", table.dim() == 3 ? table.flatten(0, 1) : table, "embeddings.position_embeddings");
    }
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < params.stages(); ++stage) {
        const std::string layer = fmt::format("encoder.layers.{}", stage);
        for (std::int64_t i = 0; i < params.depths[stage]; ++i, ++number)
            mapBlock(map, fmt::format("encoder.block{}", number), fmt::format("{}.blocks.{}", layer, i), params);
        if (stage + 1 == params.stages()) continue;
        map.linear(fmt::format("encoder.merge{}.norm", stage), layer + ".downsample.norm");
        map.move(fmt::format("encoder.merge{}.reduction.weight", stage), layer + ".downsample.reduction.weight");
    }
    map.linear("encoder.norm", "layernorm");
    weights.ignoreEnding("relative_position_index");
    weights.ignoreEnding("relative_coords_table");
    return map;
}

}  // namespace maskscope
