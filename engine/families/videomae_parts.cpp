#include "families/videomae_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/vit_names.h"
#include "tensor/gather.h"

namespace maskscope {
namespace {

constexpr double kOuterNormEps = 1e-5;  // of the norm before the decoder's head, whatever the config says
const std::string kDecoder = "decoder.";

void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs, bool hasBias) {
    const std::string attention = theirs + ".attention.attention.";
    map.linear(ours + ".norm1", theirs + ".layernorm_before");
    const std::string outer = theirs + ".attention.";
    const bool isFused = map.weights().has(outer + "qkv.weight");  // of official files
    if (isFused)
        map.move(ours + ".attn.qkv.weight", outer + "qkv.weight");
    else
        map.joined(ours + ".attn.qkv.weight", {attention + "query.weight", attention + "key.weight", attention + "value.weight"});
    if (hasBias) {
        const bool newNames = map.weights().has(attention + "query.bias");
        map.move(ours + ".attn.query_bias", isFused ? outer + "q_bias" : attention + (newNames ? "query.bias" : "q_bias"));
        map.move(ours + ".attn.value_bias", isFused ? outer + "v_bias" : attention + (newNames ? "value.bias" : "v_bias"));
    }
    map.linear(ours + ".attn.proj", theirs + ".attention.output.dense");
    map.linear(ours + ".norm2", theirs + ".layernorm_after");
    map.linear(ours + ".fc1", theirs + ".intermediate.dense");
    map.linear(ours + ".fc2", theirs + ".output.dense");
}

}  // namespace

VideoTubes readVideoTubes(ModelConfig& config) {
    VideoTubes tubes;
    const Sides size = config.sides("image_size", {224, 224}), patch = config.sides("patch_size", {16, 16});
    tubes.channels = config.get<std::int64_t>("num_channels", 3);
    tubes.frames = config.get<std::int64_t>("num_frames", 16);
    tubes.tubeFrames = config.get<std::int64_t>("tubelet_size", 2);
    tubes.height = size.height;
    tubes.width = size.width;
    tubes.patchHeight = patch.height;
    tubes.patchWidth = patch.width;
    if (tubes.channels < 1) config.refuse("num_channels", "at least 1");
    if (tubes.tubeFrames < 1 || tubes.tubeFrames > tubes.frames) config.refuse("tubelet_size", "at least 1, and at most num_frames");
    if (patch.height < 1 || patch.width < 1 || patch.height > size.height || patch.width > size.width)
        config.refuse("patch_size", "sides of at least 1 that fit into image_size");
    return tubes;
}

TransformerParams readVideoTransformer(ModelConfig& config) {
    TransformerParams params = readVitTransformer(config);
    params.qkvBias = config.get<bool>("qv_bias", config.get<bool>("qkv_bias", true));
    params.keyBias = false;
    params.finalNorm = !config.get<bool>("use_mean_pooling", true);
    return params;
}

TransformerParams readVideoDecoder(ModelConfig& config, const TransformerParams& encoder) {
    TransformerParams params = encoder;
    params.width = config.get<std::int64_t>("decoder_hidden_size", 384);
    params.depth = config.get<std::int64_t>("decoder_num_hidden_layers", 4);
    params.heads = config.get<std::int64_t>("decoder_num_attention_heads", 6);
    params.mlpWidth = config.get<std::int64_t>("decoder_intermediate_size", 1536);
    params.finalNorm = false;
    if (params.heads < 1 || params.width % params.heads != 0) config.refuse("decoder_num_attention_heads", "a divisor of decoder_hidden_size");
    return params;
}

WeightMap mapVideoEncoder(ModelWeights& weights, const VideoTubes& tubes, const TransformerParams& params) {
    WeightMap map(weights);
    const std::string patches = "embeddings.patch_embeddings.projection";
    const at::Tensor kernel = weights.take(patches + ".weight");
    if (kernel.dim() != 5)
        throw DataError(fmt::format("{}: tensor '{}.weight' is [{}], expected the kernel of a three-dimensional convolution", weights.subject(),
                                    patches, fmt::join(kernel.sizes(), ", ")));
    map.add("encoder.patch_embed.weight", tubes.stripKernel(kernel), patches + ".weight");
    map.move("encoder.patch_embed.bias", patches + ".bias");
    map.add("encoder.pos_embed.table", alternatingSinusoids(tubes.strip().patches(), params.width), "the sinusoids of hidden_size");
    for (std::int64_t i = 0; i < params.depth; ++i)
        mapBlock(map, fmt::format("encoder.transformer.block{}", i), fmt::format("encoder.layer.{}", i), params.qkvBias);
    if (params.finalNorm) map.linear("encoder.transformer.norm", "layernorm");
    weights.ignoreEnding("position_embeddings");
    for (const char* ending : {".k_bias"}) weights.ignoreEnding(ending);
    return map;
}

VideoDecoder VideoDecoder::take(ModelWeights& weights, const TransformerParams& params, std::int64_t featureWidth, std::int64_t tubes) {
    VideoDecoder decoder;
    WeightMap map(weights);
    for (std::int64_t i = 0; i < params.depth; ++i)
        mapBlock(map, fmt::format("{}block{}", kDecoder, i), fmt::format("decoder.decoder_layers.{}", i), params.qkvBias);
    decoder.blocks = std::make_shared<Transformer>(params);
    map.fill(*decoder.blocks, kDecoder);
    decoder.blocks->eval();
    map.linear("norm", "decoder.norm");
    decoder.norm = std::make_shared<Norm>("layer", params.width, kOuterNormEps);
    map.fill(*decoder.norm, "norm.");
    decoder.embed = OuterLinear::take(weights, "encoder_to_decoder", featureWidth);
    decoder.predict = OuterLinear::take(weights, "decoder.head", params.width);
    decoder.maskToken = weights.take("mask_token").reshape({-1});
    decoder.positions = alternatingSinusoids(tubes, params.width);
    return decoder;
}

at::Tensor VideoDecoder::operator()(const at::Tensor& visible, const TokenSplit& split) const {
    const at::Tensor tokens = restoreTokens(embed.apply(visible), maskToken, split) + positions;
    Features untapped;
    return predict.apply(norm->forward(takeTokens(blocks->forward(tokens, {}, {}, untapped), split.hidden)));
}

}  // namespace maskscope
