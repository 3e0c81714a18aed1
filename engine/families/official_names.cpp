#include "families/official_names.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "families/sparse_kernels.h"

namespace maskscope {
namespace {

using nlohmann::json;

struct Rename {
    const char* theirs;  // a regular expression of a whole name
    const char* ours;    // $1, $2: its groups
};

/// Lets every tensor that a rule describes be asked for by the rule's name.
void renameAll(ModelWeights& weights, const std::vector<Rename>& rules) {
    for (const Rename& rule : rules) {
        const std::regex theirs(rule.theirs);
        for (const std::string& name : weights.names())
            if (std::regex_match(name, theirs)) weights.alias(std::regex_replace(name, theirs, rule.ours), name);
    }
}

const std::vector<Rename> kSwinNames{
    {R"(patch_embed\.proj\.(.*))", "embeddings.patch_embeddings.projection.$1"},
    {R"(patch_embed\.norm\.(.*))", "embeddings.norm.$1"},
    {"mask_token", "embeddings.mask_token"},
    {"absolute_pos_embed", "embeddings.position_embeddings"},
    {R"((layers\.\d+\.blocks\.\d+)\.norm1\.(.*))", "encoder.$1.layernorm_before.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.norm2\.(.*))", "encoder.$1.layernorm_after.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.attn\.(qkv\..*|q_bias|v_bias))", "encoder.$1.attention.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.attn\.proj\.(.*))", "encoder.$1.attention.output.dense.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.attn\.(relative_position_bias_table|logit_scale))", "encoder.$1.attention.self.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.attn\.cpb_mlp\.(.*))", "encoder.$1.attention.self.continuous_position_bias_mlp.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.mlp\.fc1\.(.*))", "encoder.$1.intermediate.dense.$2"},
    {R"((layers\.\d+\.blocks\.\d+)\.mlp\.fc2\.(.*))", "encoder.$1.output.dense.$2"},
    {R"((layers\.\d+\.downsample\..*))", "encoder.$1"},
    {R"(norm\.(.*))", "layernorm.$1"},
    {R"(head\.(.*))", "classifier.$1"},
};

const std::vector<Rename> kConvNextNames{
    {R"(downsample_layers\.0\.0\.(.*))", "embeddings.patch_embeddings.$1"},
    {R"(downsample_layers\.0\.1\.(.*))", "embeddings.layernorm.$1"},
    {R"(downsample_layers\.([1-9]\d*)\.(.*))", "encoder.stages.$1.downsampling_layer.$2"},
    {R"(stages\.(\d+)\.(\d+)\.((?:dwconv|pwconv1|pwconv2)\..*))", "encoder.stages.$1.layers.$2.$3"},
    {R"(stages\.(\d+)\.(\d+)\.norm\.(.*))", "encoder.stages.$1.layers.$2.layernorm.$3"},
    {R"(stages\.(\d+)\.(\d+)\.grn\.gamma)", "encoder.stages.$1.layers.$2.grn.weight"},
    {R"(stages\.(\d+)\.(\d+)\.grn\.beta)", "encoder.stages.$1.layers.$2.grn.bias"},
    {R"(decoder\.(\d+)\.norm\.(.*))", "decoder.$1.layernorm.$2"},
    {R"(decoder\.(\d+)\.grn\.gamma)", "decoder.$1.grn.weight"},
    {R"(decoder\.(\d+)\.grn\.beta)", "decoder.$1.grn.bias"},
    {R"(norm\.(.*))", "layernorm.$1"},
    {R"(head\.(.*))", "classifier.$1"},
};

const std::vector<Rename> kVideoNames{
    {R"(patch_embed\.proj\.(.*))", "embeddings.patch_embeddings.projection.$1"},
    {R"(blocks\.(\d+)\.norm1\.(.*))", "encoder.layer.$1.layernorm_before.$2"},
    {R"(blocks\.(\d+)\.norm2\.(.*))", "encoder.layer.$1.layernorm_after.$2"},
    {R"(blocks\.(\d+)\.attn\.(qkv\.weight|q_bias|v_bias))", "encoder.layer.$1.attention.$2"},
    {R"(blocks\.(\d+)\.attn\.proj\.(.*))", "encoder.layer.$1.attention.output.dense.$2"},
    {R"(blocks\.(\d+)\.mlp\.fc1\.(.*))", "encoder.layer.$1.intermediate.dense.$2"},
    {R"(blocks\.(\d+)\.mlp\.fc2\.(.*))", "encoder.layer.$1.output.dense.$2"},
    {R"(decoder\.blocks\.(\d+)\.norm1\.(.*))", "decoder.decoder_layers.$1.layernorm_before.$2"},
    {R"(decoder\.blocks\.(\d+)\.norm2\.(.*))", "decoder.decoder_layers.$1.layernorm_after.$2"},
    {R"(decoder\.blocks\.(\d+)\.attn\.(qkv\.weight|q_bias|v_bias))", "decoder.decoder_layers.$1.attention.$2"},
    {R"(decoder\.blocks\.(\d+)\.attn\.proj\.(.*))", "decoder.decoder_layers.$1.attention.output.dense.$2"},
    {R"(decoder\.blocks\.(\d+)\.mlp\.fc1\.(.*))", "decoder.decoder_layers.$1.intermediate.dense.$2"},
    {R"(decoder\.blocks\.(\d+)\.mlp\.fc2\.(.*))", "decoder.decoder_layers.$1.output.dense.$2"},
    {R"(norm\.(.*))", "layernorm.$1"},
    {R"(head\.(.*))", "classifier.$1"},
};

/// How many there are of a tensor with a number in its name. @param name  with {} for the number
std::int64_t countOf(const ModelWeights& weights, const std::string& name) {
    std::int64_t count = 0;
    while (weights.has(fmt::format(fmt::runtime(name), count))) ++count;
    return count;
}

std::int64_t side(const ModelWeights& weights, const std::string& name, std::size_t index) {
    const auto shape = weights.shape(name);
    if (index >= shape.size())
        throw DataError(fmt::format("{}: tensor '{}' has {} sides, expected more than {}", weights.subject(), name, shape.size(), index));
    return shape[index];
}

std::int64_t root(std::int64_t square) { return std::llround(std::sqrt(static_cast<double>(square))); }

/// Side of the windows, from the table that holds a bias for every offset in them.
std::int64_t windowOf(const ModelWeights& weights, bool second) {
    const std::string attention = "layers.0.blocks.0.attn.";
    if (!second) return (root(side(weights, attention + "relative_position_bias_table", 0)) + 1) / 2;
    for (const char* name : {"relative_coords_table", "relative_position_index"})
        if (weights.has(attention + name))
            return std::string_view(name) == "relative_coords_table" ? (side(weights, attention + name, 1) + 1) / 2
                                                                     : root(side(weights, attention + name, 0));
    throw DataError(fmt::format("{}: no tensor tells how large the windows of this Swin V2 are; put its config.json beside it", weights.subject()));
}

/// Side of the images: from places or from the mask of shifted windows where the file keeps them, else as the papers have it for
/// these windows.
std::int64_t swinImage(const ModelWeights& weights, std::int64_t window, std::int64_t patch) {
    if (weights.has("absolute_pos_embed")) return root(side(weights, "absolute_pos_embed", 1)) * patch;
    const std::string mask = "layers.0.blocks.1.attn_mask";
    if (weights.has(mask)) return root(side(weights, mask, 0)) * window * patch;
    return 32 * window;  // 224 for windows of 7, 192 for 6, 256 for 8, 384 for 12
}

}  // namespace

std::int64_t usualHeads(std::int64_t width) { return width == 1280 ? 16 : std::max<std::int64_t>(1, width / 64); }

std::optional<json> recogniseSwin(ModelWeights& weights) {
    if (weights.has("encoder.layers.0.blocks.0.attn.qkv.weight")) weights.dropPrefix("encoder.");
    if (!weights.has("layers.0.blocks.0.attn.qkv.weight") || !weights.has("patch_embed.proj.weight")) return std::nullopt;
    const bool second = weights.has("layers.0.blocks.0.attn.logit_scale");
    json depths = json::array(), heads = json::array();
    for (std::int64_t stage = 0; weights.has(fmt::format("layers.{}.blocks.0.norm1.weight", stage)); ++stage) {
        const std::string blocks = fmt::format("layers.{}.blocks.", stage);
        depths.push_back(countOf(weights, blocks + "{}.norm1.weight"));
        heads.push_back(second ? side(weights, blocks + "0.attn.logit_scale", 0) : side(weights, blocks + "0.attn.relative_position_bias_table", 1));
    }
    const std::int64_t width = side(weights, "patch_embed.proj.weight", 0), channels = side(weights, "patch_embed.proj.weight", 1),
                       patch = side(weights, "patch_embed.proj.weight", 2), window = windowOf(weights, second);
    const bool masked = weights.has("mask_token") && weights.has("decoder.0.weight");
    json config{{"model_type", second ? "swinv2" : "swin"},
                {"architectures",
                 {fmt::format("Swin{}{}", second ? "v2" : "",
                              masked                       ? "ForMaskedImageModeling"
                              : weights.has("head.weight") ? "ForImageClassification"
                                                           : "Model")}},
                {"embed_dim", width},
                {"depths", depths},
                {"num_heads", heads},
                {"window_size", window},
                {"patch_size", patch},
                {"num_channels", channels},
                {"image_size", swinImage(weights, window, patch)},
                {"mlp_ratio", static_cast<double>(side(weights, "layers.0.blocks.0.mlp.fc1.weight", 0)) / static_cast<double>(width)},
                {"qkv_bias", weights.has("layers.0.blocks.0.attn.qkv.bias") || weights.has("layers.0.blocks.0.attn.q_bias")},
                {"use_absolute_embeddings", weights.has("absolute_pos_embed")}};
    if (masked) config["encoder_stride"] = root(side(weights, "decoder.0.weight", 0) / channels);
    renameAll(weights, kSwinNames);
    weights.ignoreEnding("attn_mask");
    return config;
}

std::optional<json> recogniseConvNextV2(ModelWeights& weights) {
    if (weights.has("encoder.downsample_layers.0.0.weight")) weights.dropPrefix("encoder.");
    if (!weights.has("downsample_layers.0.0.weight")) return std::nullopt;
    if (hasSparseKernels(weights)) makeKernelsDense(weights);
    json depths = json::array(), widths = json::array();
    for (std::int64_t stage = 0; weights.has(fmt::format("stages.{}.0.dwconv.weight", stage)); ++stage) {
        depths.push_back(countOf(weights, fmt::format("stages.{}.", stage) + "{}.dwconv.weight"));
        widths.push_back(side(weights, fmt::format("stages.{}.0.dwconv.weight", stage), 0));
    }
    json config{{"model_type", "convnextv2"},
                {"architectures", {weights.has("head.weight") ? "ConvNextV2ForImageClassification" : "ConvNextV2Model"}},
                {"num_stages", depths.size()},
                {"depths", depths},
                {"hidden_sizes", widths},
                {"patch_size", side(weights, "downsample_layers.0.0.weight", 2)},
                {"num_channels", side(weights, "downsample_layers.0.0.weight", 1)},
                {"layer_norm_eps", 1e-6}};
    renameAll(weights, kConvNextNames);
    return config;
}

std::optional<json> recogniseVideoMae(ModelWeights& weights) {
    const std::string kernel = "patch_embed.proj.weight";
    if (weights.has("encoder." + kernel)) weights.dropPrefix("encoder.");
    if (!weights.has(kernel) || weights.shape(kernel).size() != 5 || !weights.has("blocks.0.mlp.fc1.weight")) return std::nullopt;
    const bool hasDecoder = weights.has("encoder_to_decoder.weight") && weights.has("decoder.blocks.0.norm1.weight");
    const std::int64_t width = side(weights, kernel, 0);
    json config{{"model_type", "videomae"},
                {"architectures",
                 {hasDecoder                   ? "VideoMAEForPreTraining"
                  : weights.has("head.weight") ? "VideoMAEForVideoClassification"
                                               : "VideoMAEModel"}},
                {"hidden_size", width},
                {"num_hidden_layers", countOf(weights, "blocks.{}.norm1.weight")},
                {"num_attention_heads", usualHeads(width)},
                {"intermediate_size", side(weights, "blocks.0.mlp.fc1.weight", 0)},
                {"num_channels", side(weights, kernel, 1)},
                {"tubelet_size", side(weights, kernel, 2)},
                {"patch_size", {side(weights, kernel, 3), side(weights, kernel, 4)}},
                {"qkv_bias", weights.has("blocks.0.attn.q_bias")},
                {"use_mean_pooling", weights.has("fc_norm.weight")},
                {"layer_norm_eps", 1e-6}};
    if (hasDecoder) {
        const std::int64_t narrow = side(weights, "encoder_to_decoder.weight", 0);
        config["decoder_hidden_size"] = narrow;
        config["decoder_num_hidden_layers"] = countOf(weights, "decoder.blocks.{}.norm1.weight");
        config["decoder_num_attention_heads"] = usualHeads(narrow);
        config["decoder_intermediate_size"] = side(weights, "decoder.blocks.0.mlp.fc1.weight", 0);
    }
    renameAll(weights, kVideoNames);
    return config;
}

void refuseKnownForeigners(const ModelWeights& weights) {
    const auto names = weights.names();
    const auto any = [&](const char* pattern) {
        const std::regex wanted(pattern);
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return std::regex_search(name, wanted); });
    };
    if (any(R"((^|\.)layers\.0\.self_attn\.k_proj\.)"))
        throw DataError(
            fmt::format("{}: the tensors of a model of fairseq; convert it with the script of transformers for its family, and open the folder",
                        weights.subject()));
}

}  // namespace maskscope
