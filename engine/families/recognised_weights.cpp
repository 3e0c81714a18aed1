#include "families/recognised_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "families/official_names.h"
#include "families/spark_names.h"

namespace maskscope {
namespace {

using nlohmann::json;

const std::string kFirstBlock = "blocks.0.norm1.weight";

/// What stands before a Vision Transformer's names ("model.", "target_encoder.module."). Where a file holds several, the one that the
/// papers evaluate comes first: the teacher.
std::optional<std::string> prefixOf(const ModelWeights& weights) {
    std::optional<std::string> best;
    const auto rank = [](const std::string& prefix) {
        const std::array<const char*, 3> order{"target_encoder", "teacher", "ema"};
        const auto found = std::find_if(order.begin(), order.end(), [&](const char* word) { return prefix.find(word) != std::string::npos; });
        return std::pair(found - order.begin(), prefix.size());
    };
    for (const std::string& name : weights.names()) {
        if (!name.ends_with(kFirstBlock)) continue;
        const std::string prefix = name.substr(0, name.size() - kFirstBlock.size());
        if (!prefix.empty() && prefix.back() != '.') continue;
        if (!best || rank(prefix) < rank(*best)) best = prefix;
    }
    return best;
}

std::int64_t depthOf(const ModelWeights& weights, const std::string& blocks) {
    std::int64_t depth = 0;
    while (weights.has(fmt::format("{}.{}.norm1.weight", blocks, depth))) ++depth;
    return depth;
}

struct Shape {
    std::int64_t width, channels, patchHeight, patchWidth, depth, hidden, side;
};

/// Sizes of the encoder. @param prefixes  tokens in front that have a place in pos_embed
Shape shapeOf(const ModelWeights& weights, std::int64_t prefixes) {
    const auto patch = weights.shape("patch_embed.proj.weight"), hidden = weights.shape("blocks.0.mlp.fc1.weight");
    if (patch.size() != 4)
        throw DataError(fmt::format("{}: patch_embed.proj.weight has {} sides, expected 4: it is not of images", weights.subject(), patch.size()));
    Shape shape{patch[0], patch[1], patch[2], patch[3], depthOf(weights, "blocks"), hidden.at(0), 14};
    if (!weights.has("pos_embed")) return shape;
    const std::int64_t places = weights.shape("pos_embed").at(1) - prefixes;
    shape.side = std::llround(std::sqrt(static_cast<double>(places)));
    if (shape.side * shape.side != places)
        throw DataError(fmt::format("{}: pos_embed has {} places for patches, which is no square grid; write a config.json beside the weights",
                                    weights.subject(), places));
    return shape;
}

/// Gives MAE's own names the names of Hugging Face's ViT-MAE.
void renameMae(ModelWeights& weights) {
    const std::pair<const char*, const char*> inBlock[] = {{"norm1.", "layernorm_before."},     {"norm2.", "layernorm_after."},
                                                           {"attn.qkv.", "attention.qkv."},     {"attn.proj.", "attention.output.dense."},
                                                           {"mlp.fc1.", "intermediate.dense."}, {"mlp.fc2.", "output.dense."}};
    const std::pair<const char*, const char*> whole[] = {{"cls_token", "embeddings.cls_token"},
                                                         {"pos_embed", "embeddings.position_embeddings"},
                                                         {"patch_embed.proj.", "embeddings.patch_embeddings.projection."},
                                                         {"norm.", "layernorm."},
                                                         {"mask_token", "decoder.mask_token"},
                                                         {"decoder_embed.", "decoder.decoder_embed."},
                                                         {"decoder_pos_embed", "decoder.decoder_pos_embed"},
                                                         {"decoder_norm.", "decoder.decoder_norm."},
                                                         {"decoder_pred.", "decoder.decoder_pred."}};
    for (const std::string& name : weights.names()) {
        for (const auto& [theirs, ours] : whole)
            if (name.starts_with(theirs)) weights.alias(ours + name.substr(std::string_view(theirs).size()), name);
        for (const auto& [blocks, layers] : {std::pair{"blocks.", "encoder.layer."}, std::pair{"decoder_blocks.", "decoder.decoder_layers."}}) {
            if (!name.starts_with(blocks)) continue;
            const std::string rest = name.substr(std::string_view(blocks).size());
            const std::size_t dot = rest.find('.') + 1;
            for (const auto& [theirs, ours] : inBlock)
                if (rest.compare(dot, std::string_view(theirs).size(), theirs) == 0)
                    weights.alias(layers + rest.substr(0, dot) + ours + rest.substr(dot + std::string_view(theirs).size()), name);
        }
    }
}

json maeConfig(ModelWeights& weights) {
    const Shape shape = shapeOf(weights, 1);
    const std::int64_t width = weights.shape("decoder_embed.weight").at(0);
    const auto& values = weights.values();
    const auto normalizes = values.find("args.norm_pix_loss");
    json config{{"model_type", "vit_mae"},
                {"architectures", {"ViTMAEForPreTraining"}},
                {"hidden_size", shape.width},
                {"num_hidden_layers", shape.depth},
                {"num_attention_heads", usualHeads(shape.width)},
                {"intermediate_size", shape.hidden},
                {"layer_norm_eps", 1e-6},
                {"qkv_bias", weights.has("blocks.0.attn.qkv.bias")},
                {"image_size", {shape.side * shape.patchHeight, shape.side * shape.patchWidth}},
                {"patch_size", {shape.patchHeight, shape.patchWidth}},
                {"num_channels", shape.channels},
                {"decoder_hidden_size", width},
                {"decoder_num_hidden_layers", depthOf(weights, "decoder_blocks")},
                {"decoder_num_attention_heads", width == 512 ? 16 : usualHeads(width)},
                {"decoder_intermediate_size", weights.shape("decoder_blocks.0.mlp.fc1.weight").at(0)},
                {"norm_pix_loss", normalizes != values.end() && normalizes->second == "true"}};
    renameMae(weights);
    return config;
}

json timmArgs(const ModelWeights& weights, const Shape& shape) {
    return {{"embed_dim", shape.width},
            {"depth", shape.depth},
            {"num_heads", usualHeads(shape.width)},
            {"mlp_ratio", static_cast<double>(shape.hidden) / static_cast<double>(shape.width)},
            {"img_size", {shape.side * shape.patchHeight, shape.side * shape.patchWidth}},
            {"patch_size", {shape.patchHeight, shape.patchWidth}},
            {"in_chans", shape.channels},
            {"num_classes", weights.has("head.weight") ? weights.shape("head.weight").at(0) : 0}};
}

json beitConfig(const ModelWeights& weights) {
    const bool absolute = weights.has("pos_embed"), shared = weights.has("rel_pos_bias.relative_position_bias_table"),
               own = weights.has("blocks.0.attn.relative_position_bias_table");
    Shape shape = shapeOf(weights, 1);
    if (!absolute && (shared || own)) {
        const std::string table = shared ? "rel_pos_bias.relative_position_bias_table" : "blocks.0.attn.relative_position_bias_table";
        const auto offsets = static_cast<double>(weights.shape(table).at(0) - 3);
        shape.side = (std::llround(std::sqrt(offsets)) + 1) / 2;
    }
    json args = timmArgs(weights, shape);
    args["use_abs_pos_emb"] = absolute;
    args["use_shared_rel_pos_bias"] = shared;
    args["use_rel_pos_bias"] = own;
    args["qkv_bias"] = weights.has("blocks.0.attn.q_bias");
    const bool normsPooled = weights.has("fc_norm.weight");
    json config{{"architecture", "beit_base_patch16_224"}, {"global_pool", normsPooled ? "avg" : "token"}, {"model_args", args}};
    const bool simMim = weights.has("decoder.0.weight") && weights.has("mask_token");  // its code norms images as ImageNet is, BEiT's by halves
    if (simMim) config["pretrained_cfg"] = {{"mean", {0.485, 0.456, 0.406}}, {"std", {0.229, 0.224, 0.225}}};
    return config;
}

json vitConfig(const ModelWeights& weights) {
    const bool cls = weights.has("cls_token"), normsPooled = weights.has("fc_norm.weight");
    const std::int64_t registers = weights.has("reg_token") ? weights.shape("reg_token").at(1) : 0;
    const std::int64_t prefixes = (cls ? 1 : 0) + registers, places = weights.has("pos_embed") ? weights.shape("pos_embed").at(1) : 0;
    const auto side = std::llround(std::sqrt(static_cast<double>(places)));
    const bool placeless = prefixes > 0 && side * side == places;  // the tokens in front have no places
    json args = timmArgs(weights, shapeOf(weights, placeless ? 0 : prefixes));
    args["class_token"] = cls;
    args["reg_tokens"] = registers;
    args["no_embed_class"] = placeless;
    args["pos_embed"] = places > 0 ? "learn" : "none";
    args["qkv_bias"] = weights.has("blocks.0.attn.qkv.bias");
    args["qk_norm"] = weights.has("blocks.0.attn.q_norm.weight");
    args["pre_norm"] = weights.has("norm_pre.weight");
    args["fc_norm"] = normsPooled;
    args["final_norm"] = normsPooled || weights.has("norm.weight");
    if (weights.has("blocks.0.ls1.gamma")) args["init_values"] = 1.0;
    return {{"architecture", "vit_base_patch16_224"}, {"global_pool", cls && !normsPooled ? "token" : "avg"}, {"model_args", args}};
}

}  // namespace

ModelConfig recogniseWeights(ModelWeights& weights) {
    const std::string subject = weights.subject() + " (recognised by its tensors)";
    for (const char* prefix : {"model.", "module."}) weights.dropPrefix(prefix);
    for (const auto recognise : {recogniseSpark, recogniseSwin, recogniseConvNextV2, recogniseVideoMae})
        if (auto config = recognise(weights)) return ModelConfig(std::move(*config), subject);
    if (const auto prefix = prefixOf(weights); prefix && !prefix->empty()) weights.dropPrefix(*prefix);
    if (weights.has("patch_embed.proj.weight") && weights.has("blocks.0.mlp.fc1.weight")) {
        if (weights.has("decoder_blocks.0.norm1.weight") && weights.has("decoder_embed.weight")) return ModelConfig(maeConfig(weights), subject);
        if (weights.has("blocks.0.gamma_1") || weights.has("blocks.0.attn.q_bias")) return ModelConfig(beitConfig(weights), subject);
        if (weights.has("blocks.0.attn.qkv.weight")) return ModelConfig(vitConfig(weights), subject);
    }
    refuseKnownForeigners(weights);
    throw DataError(
        fmt::format("{}: no config.json is beside the weights, and their {} tensors are not named like those of MAE, BEiT, Swin, "
                    "SimMIM, ConvNeXt V2, SparK, VideoMAE or a plain Vision Transformer; put the config.json of Hugging Face or timm beside them",
                    weights.subject(), weights.names().size()));
}

}  // namespace maskscope
