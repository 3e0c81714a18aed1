#include "families/vit_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/patched_input.h"
#include "families/words.h"

namespace maskscope {

TransformerParams readVitTransformer(ModelConfig& config, double standardEps) {
    TransformerParams params;
    params.width = config.get<std::int64_t>("hidden_size", 768);
    params.depth = config.get<std::int64_t>("num_hidden_layers", 12);
    params.heads = config.get<std::int64_t>("num_attention_heads", 12);
    params.mlpWidth = config.get<std::int64_t>("intermediate_size", 4 * params.width);
    params.activation = config.activation("hidden_act", "gelu");
    params.normEps = config.get<double>("layer_norm_eps", standardEps);
    params.qkvBias = config.get<bool>("qkv_bias", true);
    for (const auto& [key, value] : {std::pair{"hidden_size", params.width}, std::pair{"num_hidden_layers", params.depth},
                                     std::pair{"num_attention_heads", params.heads}, std::pair{"intermediate_size", params.mlpWidth}})
        if (value < 1) config.refuse(key, "a number above 0");
    if (params.width % params.heads != 0) config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size = {}", params.width));
    return params;
}

ImageInput readVitInput(ModelConfig& config) {
    const Sides size = config.sides("image_size", {224, 224}), patch = config.sides("patch_size", {16, 16});
    return patchedInput(config, "image_size", "num_channels", size, patch);
}

std::string vitLayer(const ModelWeights& weights, std::int64_t index) {
    const std::string inMemory = fmt::format("layers.{}", index);
    return weights.has(inMemory + ".layernorm_before.weight") ? inMemory : fmt::format("encoder.layer.{}", index);
}

void mapVitBlock(WeightMap& map, const std::string& ours, const std::string& theirs) {
    const std::string outer = theirs + ".attention.", inner = outer + "attention.";
    const bool isNew = map.weights().has(outer + "q_proj.weight");  // as transformers 5 calls them in memory
    map.linear(ours + ".norm1", theirs + ".layernorm_before");
    if (map.weights().has(outer + "qkv.weight"))
        map.linear(ours + ".attn.qkv", outer + "qkv");
    else if (isNew)
        map.joinedLinear(ours + ".attn.qkv", {outer + "q_proj", outer + "k_proj", outer + "v_proj"});
    else
        map.joinedLinear(ours + ".attn.qkv", {inner + "query", inner + "key", inner + "value"});
    map.linear(ours + ".attn.proj", outer + (isNew ? "o_proj" : "output.dense"));
    map.linear(ours + ".norm2", theirs + ".layernorm_after");
    map.linear(ours + ".fc1", theirs + (isNew ? ".mlp.fc1" : ".intermediate.dense"));
    map.linear(ours + ".fc2", theirs + (isNew ? ".mlp.fc2" : ".output.dense"));
}

at::Tensor mapPositions(WeightMap& map, const std::string& theirs, std::int64_t prefixes) {
    at::Tensor table = map.weights().take(theirs);
    if (table.dim() == 3 && table.size(0) == 1) table = table[0];
    if (table.dim() != 2 || table.size(0) <= prefixes)
        throw DataError(fmt::format("{}: tensor '{}' is [{}], expected positions of {} tokens and of patches", map.weights().subject(), theirs,
                                    fmt::join(map.weights().shape(theirs), ", "), prefixes));
    map.add("encoder.pos_embed.table", table.narrow(0, prefixes, table.size(0) - prefixes), theirs);
    return table.narrow(0, 0, prefixes);
}

void mapToken(WeightMap& map, const std::string& ours, const std::string& theirs, const at::Tensor& position) {
    const at::Tensor token = map.weights().take(theirs).reshape({-1});
    if (position.defined() && position.size(0) != token.size(0))
        throw DataError(
            fmt::format("{}: tensor '{}' has {} values, but its position has {}", map.weights().subject(), theirs, token.size(0), position.size(0)));
    map.add(ours, position.defined() ? token + position : token, theirs);
}

void addVitFacts(IdentityCard& card, const ImageInput& input, const TransformerParams& params, const std::string& statisticsFrom) {
    card.add("Encoder", fmt::format("Vision Transformer, {}, {} heads", blocksOf(params.depth, params.width), params.heads));
    card.add("Input",
             fmt::format("{} x {} pixels (height x width), {} channel{}", input.height, input.width, input.channels, input.channels == 1 ? "" : "s"));
    card.add("Patches", fmt::format("{} x {} pixels, a grid of {} x {}", input.patchHeight, input.patchWidth, input.gridRows(), input.gridColumns()));
    card.add("Normalisation", fmt::format("mean {}, deviation {}: {}", fmt::join(input.mean, ", "), fmt::join(input.std, ", "), statisticsFrom));
}

}  // namespace maskscope
