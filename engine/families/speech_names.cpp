#include "families/speech_names.h"

#include <fmt/format.h>

namespace maskscope {
namespace {

/// One convolution a value, in three lists of one length.
WaveformFeatureParams readFeatures(SpeechKind kind, ModelConfig& config) {
    WaveformFeatureParams p;
    p.channels = config.get("conv_dim", p.channels);
    p.kernels = config.get("conv_kernel", p.kernels);
    p.strides = config.get("conv_stride", p.strides);
    const auto count = static_cast<std::int64_t>(p.channels.size());
    if (config.get("num_feat_extract_layers", count) != count || count < 1)
        config.refuse("num_feat_extract_layers", fmt::format("{}, as many as conv_dim has values", count));
    if (p.kernels.size() != p.channels.size()) config.refuse("conv_kernel", fmt::format("{} values, as many as conv_dim", count));
    if (p.strides.size() != p.channels.size()) config.refuse("conv_stride", fmt::format("{} values, as many as conv_dim", count));
    for (std::size_t i = 0; i < p.channels.size(); ++i) {
        if (p.channels[i] < 1) config.refuse("conv_dim", "positive numbers");
        if (p.kernels[i] < 1) config.refuse("conv_kernel", "positive numbers");
        if (p.strides[i] < 1) config.refuse("conv_stride", "positive numbers");
    }
    p.bias = config.get("conv_bias", false);
    p.activation = config.activation("feat_extract_activation", "gelu");
    const bool data2vec = kind == SpeechKind::Data2VecAudio;
    p.norm = config.choice("feat_extract_norm", data2vec ? "layer" : "group",
                           data2vec ? std::vector<std::string>{"layer"} : std::vector<std::string>{"group", "layer"});
    return p;
}

ConvolutionPositionParams readPositions(SpeechKind kind, ModelConfig& config, std::int64_t width) {
    ConvolutionPositionParams p;
    p.groups = config.get("num_conv_pos_embedding_groups", p.groups);
    if (kind == SpeechKind::Data2VecAudio) {
        p.kernel = config.get<std::int64_t>("conv_pos_kernel_size", 19);
        p.depth = config.get<std::int64_t>("num_conv_pos_embeddings", 5);
        p.norm = "token";
        if (p.kernel < 1) config.refuse("conv_pos_kernel_size", "a positive number");
    } else {
        p.kernel = config.get("num_conv_pos_embeddings", p.kernel);
        if (p.kernel < 1) config.refuse("num_conv_pos_embeddings", "a positive number");
    }
    if (kind == SpeechKind::Hubert && config.get("conv_pos_batch_norm", false)) p.norm = "batch";
    if (p.groups < 1 || width % p.groups != 0) config.refuse("num_conv_pos_embedding_groups", fmt::format("a divisor of hidden_size, {}", width));
    return p;
}

void mapFeatures(WeightMap& map, const WaveformFeatureParams& params) {
    for (std::size_t i = 0; i < params.channels.size(); ++i) {
        const std::string theirs = fmt::format("feature_extractor.conv_layers.{}.", i);
        map.linear(fmt::format("encoder.features.conv{}", i), theirs + "conv");
        if (params.norm == "group" && i > 0) continue;
        for (const char* part : {"weight", "bias"}) map.move(fmt::format("encoder.features.norm{}_{}", i, part), theirs + "layer_norm." + part);
    }
}

void mapPositions(WeightMap& map, const ConvolutionPositionParams& params) {
    const std::string ours = "encoder.positions.", theirs = "encoder.pos_conv_embed.";
    if (params.norm == "token") {
        for (std::int64_t i = 0; i < params.depth; ++i)
            for (const char* part : {"weight", "bias"})
                map.move(fmt::format("{}conv{}_{}", ours, i, part), fmt::format("{}layers.{}.conv.{}", theirs, i, part));
        return;
    }
    map.move(ours + "conv0_bias", theirs + "conv.bias");
    if (params.norm == "batch") {
        map.move(ours + "conv0_weight", theirs + "conv.weight");
        for (const auto& [part, name] : {std::pair{"weight", "weight"}, {"bias", "bias"}, {"mean", "running_mean"}, {"variance", "running_var"}})
            map.move(ours + "norm_" + part, theirs + "batch_norm." + name);
        return;
    }
    const std::string newer = theirs + "conv.parametrizations.weight.original";
    const bool isNew = map.weights().has(newer + "0");
    map.move(ours + "conv0_length", isNew ? newer + "0" : theirs + "conv.weight_g");
    map.move(ours + "conv0_direction", isNew ? newer + "1" : theirs + "conv.weight_v");
}

void mapBlock(WeightMap& map, std::int64_t layer, bool adapter) {
    const std::string ours = fmt::format("encoder.transformer.block{}.", layer), theirs = fmt::format("encoder.layers.{}.", layer);
    map.joinedLinear(ours + "attn.qkv", {theirs + "attention.q_proj", theirs + "attention.k_proj", theirs + "attention.v_proj"});
    map.linear(ours + "attn.proj", theirs + "attention.out_proj");
    map.linear(ours + "norm1", theirs + "layer_norm");
    map.linear(ours + "norm2", theirs + "final_layer_norm");
    map.linear(ours + "fc1", theirs + "feed_forward.intermediate_dense");
    map.linear(ours + "fc2", theirs + "feed_forward.output_dense");
    if (!adapter) return;
    const std::string name = fmt::format("encoder.adapter{}_", layer);
    map.linear(name + "norm", theirs + "adapter_layer.norm");
    map.linear(name + "down", theirs + "adapter_layer.linear_1");
    map.linear(name + "up", theirs + "adapter_layer.linear_2");
}

}  // namespace

WaveformTransformer::Params readSpeechEncoder(SpeechKind kind, ModelConfig& config) {
    WaveformTransformer::Params p;
    TransformerParams& t = p.transformer;
    t.width = config.get<std::int64_t>("hidden_size", 768);
    t.depth = config.get<std::int64_t>("num_hidden_layers", 12);
    t.heads = config.get<std::int64_t>("num_attention_heads", 12);
    t.mlpWidth = config.get<std::int64_t>("intermediate_size", 3072);
    t.activation = config.activation("hidden_act", "gelu");
    t.normEps = config.get("layer_norm_eps", 1e-5);
    if (t.width < 1) config.refuse("hidden_size", "a positive number");
    if (t.mlpWidth < 1) config.refuse("intermediate_size", "a positive number");
    if (t.heads < 1 || t.width % t.heads != 0) config.refuse("num_attention_heads", fmt::format("a divisor of hidden_size, {}", t.width));
    const bool stable = config.get("do_stable_layer_norm", false);
    if (stable && kind == SpeechKind::Data2VecAudio) config.refuse("do_stable_layer_norm", "false; data2vec has its norms after the sums");
    t.normPlace = stable ? NormPlace::Before : NormPlace::After;
    p.features = readFeatures(kind, config);
    p.positions = readPositions(kind, config, t.width);
    p.positions.activation = p.features.activation;
    if (kind == SpeechKind::Hubert) p.frameNorm = config.get("feat_proj_layer_norm", true);
    if (kind == SpeechKind::Wav2Vec2) {
        const auto adapter = config.get<std::int64_t>("adapter_attn_dim", 0);
        if (stable) p.adapterWidth = adapter;  // blocks with norms after the sums have none, whatever the config says
    }
    return p;
}

std::optional<ShrinkingAdapter::Params> readSpeechAdapter(SpeechKind kind, ModelConfig& config, std::int64_t width) {
    ShrinkingAdapter::Params p;
    p.inputWidth = width;
    p.width = config.get("output_hidden_size", width);
    p.depth = config.get("num_adapter_layers", p.depth);
    p.kernel = config.get("adapter_kernel_size", p.kernel);
    p.stride = config.get("adapter_stride", p.stride);
    if (!config.get("add_adapter", false)) return std::nullopt;
    if (kind == SpeechKind::Hubert) config.refuse("add_adapter", "false; HuBERT has no adapter");
    if (p.width < 1 || p.depth < 0 || p.kernel < 1 || p.stride < 1) config.refuse("add_adapter", "an adapter of positive sizes");
    return p;
}

void ignoreSpeechTraining(ModelConfig& config) {
    config.ignore({"activation_dropout",
                   "feat_extract_dropout",
                   "feat_proj_dropout",
                   "feat_quantizer_dropout",
                   "final_dropout",
                   "hidden_dropout",
                   "layerdrop",
                   "mask_time_length",
                   "mask_time_min_masks",
                   "mask_time_min_space",
                   "mask_time_other",
                   "mask_time_selection",
                   "mask_feature_length",
                   "mask_feature_min_masks",
                   "mask_channel_length",
                   "mask_channel_min_space",
                   "mask_channel_other",
                   "mask_channel_prob",
                   "mask_channel_selection",
                   "num_negatives",
                   "no_mask_channel_overlap",
                   "no_mask_time_overlap",
                   "processor_class"});
    // What other classes of the model read: the number of letters, codebooks, classifiers.
    config.ignore({"vocab_size", "pad_token_id", "ctc_loss_reduction", "ctc_zero_infinity", "classifier_proj_size", "use_weighted_layer_sum",
                   "tdnn_dim", "tdnn_kernel", "tdnn_dilation", "xvector_output_dim", "num_codevectors_per_group", "num_codevector_groups",
                   "contrastive_logits_temperature", "codevector_dim", "proj_codevector_dim", "diversity_loss_weight"});
}

void mapSpeechEncoder(WeightMap& map, const WaveformTransformer::Params& params) {
    mapFeatures(map, params.features);
    if (params.frameNorm) map.linear("encoder.frame_norm", "feature_projection.layer_norm");
    map.linear("encoder.project", "feature_projection.projection");
    mapPositions(map, params.positions);
    map.linear(params.transformer.normPlace == NormPlace::Before ? "encoder.transformer.norm" : "encoder.embed_norm", "encoder.layer_norm");
    for (std::int64_t i = 0; i < params.transformer.depth; ++i) mapBlock(map, i, params.adapterWidth > 0);
}

void mapSpeechAdapter(WeightMap& map, const ShrinkingAdapter::Params& params) {
    if (params.inputWidth != params.width) {
        map.linear("adapter.project", "adapter.proj");
        map.linear("adapter.norm", "adapter.proj_layer_norm");
    }
    for (std::int64_t i = 0; i < params.depth; ++i) map.linear(fmt::format("adapter.conv{}", i), fmt::format("adapter.layers.{}.conv", i));
}

}  // namespace maskscope
