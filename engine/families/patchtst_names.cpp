#include "families/patchtst_names.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"

namespace maskscope {
namespace {

void mapNorm(WeightMap& map, const std::string& ours, const std::string& theirs, bool batch) {
    if (!batch) return map.linear(ours, theirs);
    for (const char* part : {"weight", "bias", "running_mean", "running_var"}) map.move(ours + "." + part, theirs + ".batchnorm." + part);
}

void mapEmbedding(WeightMap& map, const SeriesTransformer::Params& params, const SeriesInput& input) {
    const std::string theirs = "encoder.embedder.input_embedding";
    const std::int64_t width = params.transformer.width;
    if (params.sharedEmbedding) {
        map.reshaped("encoder.embed_weight", theirs + ".weight", {1, width, input.patch});
        map.reshaped("encoder.embed_bias", theirs + ".bias", {1, width});
        return;
    }
    std::vector<std::string> weights, biases;
    for (std::int64_t i = 0; i < input.channels; ++i) {
        weights.push_back(fmt::format("{}.{}.weight", theirs, i));
        biases.push_back(fmt::format("{}.{}.bias", theirs, i));
        if (map.weights().shape(weights.back()) != std::vector{width, input.patch} || map.weights().shape(biases.back()) != std::vector{width})
            throw DataError(fmt::format("{}: tensor '{}' is not {} x {}, as d_model and patch_length say; file and config do not belong together",
                                        map.weights().subject(), weights.back(), width, input.patch));
    }
    map.joined("encoder.embed_weight", weights);
    map.joined("encoder.embed_bias", biases);
    map.replace("encoder.embed_weight", map.find("encoder.embed_weight").reshape({input.channels, -1, input.patch}));
    map.replace("encoder.embed_bias", map.find("encoder.embed_bias").reshape({input.channels, -1}));
}

}  // namespace

SeriesInput readSeriesInput(ModelConfig& config) {
    SeriesInput input;
    input.channels = config.get<std::int64_t>("num_input_channels", 1);
    input.length = config.get<std::int64_t>("context_length", 32);
    input.patch = config.get<std::int64_t>("patch_length", 1);
    input.stride = config.get<std::int64_t>("patch_stride", 1);
    if (input.channels < 1) config.refuse("num_input_channels", "a positive number");
    if (input.patch < 1) config.refuse("patch_length", "a positive number");
    if (input.stride < 1) config.refuse("patch_stride", "a positive number");
    if (input.length <= input.patch) config.refuse("context_length", fmt::format("more than patch_length, {}", input.patch));
    return input;
}

SeriesTransformer::Params readSeriesEncoder(ModelConfig& config) {
    SeriesTransformer::Params p;
    TransformerParams& t = p.transformer;
    t.width = config.get<std::int64_t>("d_model", 128);
    t.depth = config.get<std::int64_t>("num_hidden_layers", 3);
    t.heads = config.get<std::int64_t>("num_attention_heads", 4);
    t.mlpWidth = config.get<std::int64_t>("ffn_dim", 512);
    t.mlpBias = config.get("bias", true);
    t.activation = config.activation("activation_function", "gelu");
    t.normKind = config.choice("norm_type", "batchnorm", {"batchnorm", "layernorm"}) == "batchnorm" ? "batch" : "layer";
    t.normEps = config.get("norm_eps", 1e-5);
    t.normPlace = config.get("pre_norm", true) ? NormPlace::Before : NormPlace::After;
    t.finalNorm = false;
    if (t.width < 1) config.refuse("d_model", "a positive number");
    if (t.mlpWidth < 1) config.refuse("ffn_dim", "a positive number");
    if (t.heads < 1 || t.width % t.heads != 0) config.refuse("num_attention_heads", fmt::format("a divisor of d_model, {}", t.width));
    p.cls = config.get("use_cls_token", false);
    p.acrossSeries = config.get("channel_attention", false);
    p.sharedEmbedding = config.get("share_embedding", true);
    p.hiddenValue = config.get("mask_value", 0.0);
    p.positions = config.choice("positional_encoding_type", "sincos", {"sincos", "random"}) == "sincos" ? "sincos" : "learned";
    config.ignore({"attention_dropout", "positional_dropout", "path_dropout", "ff_dropout", "head_dropout", "init_std", "num_parallel_samples"});
    return p;
}

SeriesScaling readSeriesScaling(ModelConfig& config) {
    SeriesScaling scaling;
    std::string kind = config.isNull("scaling") ? "none" : "std";
    if (config.isFlag("scaling"))
        kind = config.get("scaling", true) ? "mean" : "none";
    else
        kind = config.get<std::string>("scaling", kind);
    scaling.kind = kind == "std" ? SeriesScaling::Kind::Deviation : kind == "mean" ? SeriesScaling::Kind::Magnitude : SeriesScaling::Kind::None;
    scaling.minimum = config.get("minimum_scale", scaling.kind == SeriesScaling::Kind::Magnitude ? 1e-10 : 1e-5);
    if (config.has("default_scale")) scaling.whereNothingIsSeen = config.get("default_scale", 1.0);
    if (config.get<std::int64_t>("scaling_dim", 1) != 1) config.refuse("scaling_dim", "1, the times");
    if (!config.get("keepdim", true)) config.refuse("keepdim", "true");
    return scaling;
}

void mapSeriesEncoder(WeightMap& map, const SeriesTransformer::Params& params, const SeriesInput& input) {
    const bool batch = params.transformer.normKind == "batch";
    mapEmbedding(map, params, input);
    map.move("encoder.position_table", "encoder.positional_encoder.position_enc");
    if (params.cls) map.reshaped("encoder.cls_token", "encoder.positional_encoder.cls_token", {params.transformer.width});
    for (std::int64_t i = 0; i < params.transformer.depth; ++i) {
        const std::string ours = fmt::format("encoder.block{}.", i), theirs = fmt::format("encoder.layers.{}.", i);
        map.joinedLinear(ours + "attn.qkv", {theirs + "self_attn.q_proj", theirs + "self_attn.k_proj", theirs + "self_attn.v_proj"});
        map.linear(ours + "attn.proj", theirs + "self_attn.out_proj");
        mapNorm(map, ours + "norm1", theirs + "norm_sublayer1", batch);
        if (params.acrossSeries) mapNorm(map, ours + "norm_across", theirs + "norm_sublayer2", batch);
        mapNorm(map, ours + "norm2", theirs + "norm_sublayer3", batch);
        map.linear(ours + "fc1", theirs + "ff.0");
        map.linear(ours + "fc2", theirs + "ff.3");
    }
}

}  // namespace maskscope
