#include "families/exported_model.h"

#include <optional>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "encoders/vit.h"
#include "families/trained_tensors.h"
#include "heads/transformer_head.h"

namespace maskscope {
namespace {

using nlohmann::json;

constexpr double kTimmNormEps = 1e-6;

std::string kindOf(const Value& table) {
    const Value* kind = table.find("kind");
    return kind != nullptr && kind->isString() ? kind->asString() : std::string();
}

[[noreturn]] void refuse(const std::string& what, const std::string& program) {
    throw UsageError(fmt::format("{} cannot hold an encoder with {}; export it as safetensors", program, what));
}

Vit::Params encoderParams(const ExportSource& source, const std::string& program) {
    if (kindOf(source.encoder) != "vit") refuse("kind = '" + kindOf(source.encoder) + "'", program);
    ParamReader reader(source.encoder, "encoder", "encoder 'vit'");
    reader.skip("kind");
    Vit::Params params = Vit::Params::read(reader);
    const TransformerParams& p = params.transformer;
    if (p.normPlace != NormPlace::Before) refuse("norms elsewhere than before attention and MLP", program);
    if (p.normKind != "layer") refuse("norm_kind = '" + p.normKind + "'", program);
    if (p.gatedMlp || p.cosine || p.headWidth != 0 || p.attentionScale != 0.0)
        refuse("gated_mlp, cosine_attention, head_width or attention_scale", program);
    if (p.qkvBias && !p.keyBias) refuse("key_bias = false", program);
    if (!p.finalNorm) refuse("final_norm = false", program);
    if (params.places.bias != "none" || params.places.rotary) refuse("relative or rotary positions", program);
    return params;
}

/// Collects tensors under other names.
struct Names {
    const TrainedTensors& trained;
    NamedTensors& result;

    void linear(const std::string& theirs, const std::string& ours) { trained.linear(result, theirs, ours); }
    void transformersBlock(const std::string& theirs, const std::string& ours) {
        linear(theirs + ".layernorm_before", ours + ".norm1");
        for (const char* part : {".weight", ".bias"}) {
            if (!trained.has(ours + ".attn.qkv" + part)) continue;
            const auto parts = trained.get(ours + ".attn.qkv" + part).chunk(3, 0);
            const char* kinds[] = {"query", "key", "value"};
            for (std::size_t i = 0; i < 3; ++i)
                result.emplace_back(fmt::format("{}.attention.attention.{}{}", theirs, kinds[i], part), parts[i].contiguous());
        }
        linear(theirs + ".attention.output.dense", ours + ".attn.proj");
        linear(theirs + ".layernorm_after", ours + ".norm2");
        linear(theirs + ".intermediate.dense", ours + ".fc1");
        linear(theirs + ".output.dense", ours + ".fc2");
    }
};

/// Positions with those of the tokens in front, [1, prefixes + N, D]; our own tokens in front hold theirs already.
at::Tensor tableWithPrefixes(const TrainedTensors& trained, std::int64_t prefixes, std::int64_t patches, std::int64_t width) {
    const at::Tensor table = trained.has("pos_embed.table") ? trained.get("pos_embed.table") : at::zeros({patches, width});
    return at::cat({at::zeros({prefixes, width}), table}).unsqueeze(0);
}

json sides(std::int64_t height, std::int64_t width) { return height == width ? json(height) : json{height, width}; }

json preprocessorOf(const ImageInput& input) {
    return {{"image_processor_type", "ViTImageProcessor"},
            {"do_resize", true},
            {"size", {{"height", input.height}, {"width", input.width}}},
            {"resample", 3},
            {"do_rescale", true},
            {"rescale_factor", 1.0 / 255.0},
            {"do_normalize", true},
            {"image_mean", input.mean},
            {"image_std", input.std}};
}

/// Activations that Hugging Face and timm call otherwise.
std::string transformersActivation(const std::string& ours) { return ours == "gelu_tanh" ? "gelu_pytorch_tanh" : ours; }

bool isPixels(const ExportSource& source, bool* normalizes) {
    if (kindOf(source.target) != "pixel") return false;
    const Value* normalize = source.target.find("normalize");
    *normalizes = normalize != nullptr && normalize->isBool() && normalize->asBool();
    return true;
}

/// Whether ViT-MAE's decoder can be this head: it has the encoder's norms, biases and activation.
std::optional<TransformerParams> maeDecoder(const ExportSource& source, const Vit::Params& encoder) {
    bool normalizes = false;
    if (source.corruption != CorruptionKind::Drop || kindOf(source.head) != "transformer" || !isPixels(source, &normalizes) || !encoder.cls)
        return std::nullopt;
    ParamReader reader(source.head, "objective.0.head", "head 'transformer'");
    reader.skip("kind");
    const TransformerParams p = TransformerHead::Params::read(reader).transformer;
    const TransformerParams& e = encoder.transformer;
    const bool same = p.normEps == e.normEps && p.qkvBias == e.qkvBias && p.activation == e.activation && p.normPlace == NormPlace::Before &&
                      p.normKind == "layer" && !p.gatedMlp && !p.mlpNorm && p.layerScale == 0.0 && p.mlpBias && p.projectionBias && p.finalNorm &&
                      !p.queryKeyNorm && !p.innerNorm && !p.cosine && p.keyBias && p.headWidth == 0 && p.attentionScale == 0.0;
    return same ? std::optional(p) : std::nullopt;
}

void addMaeDecoder(const ExportSource& source, const TransformerParams& p, ExportedModel& model) {
    const TrainedTensors head(source.weights, source.headNetwork);
    Names names{head, model.tensors};
    bool normalizes = false;
    isPixels(source, &normalizes);
    model.config.update({{"decoder_hidden_size", p.width},
                         {"decoder_num_hidden_layers", p.depth},
                         {"decoder_num_attention_heads", p.heads},
                         {"decoder_intermediate_size", p.hiddenWidth()},
                         {"norm_pix_loss", normalizes},
                         {"mask_ratio", source.maskRatio}});
    at::Tensor table = tableWithPrefixes(head, 1, source.input.patches(), p.width).clone();
    table[0][0].copy_(head.get("prefix_position"));
    model.tensors.emplace_back("decoder.decoder_pos_embed", table);
    model.tensors.emplace_back("decoder.mask_token", head.get("mask_token").reshape({1, 1, p.width}));
    names.linear("decoder.decoder_embed", "embed");
    for (std::int64_t i = 0; i < p.depth; ++i)
        names.transformersBlock(fmt::format("decoder.decoder_layers.{}", i), fmt::format("transformer.block{}", i));
    names.linear("decoder.decoder_norm", "transformer.norm");
    names.linear("decoder.decoder_pred", "predict");
}

/// The linear head of SimMIM as a convolution before a pixel shuffle.
void addPixelShuffle(const ExportSource& source, ExportedModel& model) {
    const TrainedTensors head(source.weights, source.headNetwork);
    const ImageInput& input = source.input;
    const auto ordered = [&](const at::Tensor& value) {
        return value.reshape({input.patchHeight, input.patchWidth, input.channels, -1}).permute({2, 0, 1, 3}).reshape({input.patchValues(), -1});
    };
    model.tensors.emplace_back("decoder.0.weight", ordered(head.get("predict.weight")).unsqueeze(-1).unsqueeze(-1).contiguous());
    model.tensors.emplace_back("decoder.0.bias", ordered(head.get("predict.bias")).reshape({-1}).contiguous());
    model.config["encoder_stride"] = input.patchHeight;
}

bool isSimMim(const ExportSource& source, const Vit::Params& encoder) {
    bool normalizes = false;
    const Value* norm = source.head.find("norm");
    const bool normed = norm != nullptr && norm->isBool() && norm->asBool();
    return source.corruption == CorruptionKind::Token && kindOf(source.head) == "linear" && !normed && isPixels(source, &normalizes) && !normalizes &&
           encoder.cls && source.input.patchHeight == source.input.patchWidth && source.input.height == source.input.width;
}

}  // namespace

ExportedModel exportToTransformers(const ExportSource& source) {
    const std::string program = "Hugging Face's ViT";
    const Vit::Params params = encoderParams(source, program);
    const TransformerParams& p = params.transformer;
    if (params.registers > 0 || !params.patchBias || params.embeddingNorm) refuse("registers, embedding_norm or patch_bias = false", program);
    if (p.layerScale > 0.0 || p.queryKeyNorm || p.innerNorm || p.mlpNorm || !p.mlpBias || !p.projectionBias)
        refuse("layer_scale, query_key_norm, inner_norm, mlp_norm, mlp_bias = false or projection_bias = false", program);

    const auto decoder = maeDecoder(source, params);
    const bool simMim = !decoder && isSimMim(source, params);
    ExportedModel model;
    model.className = decoder ? "ViTMAEForPreTraining" : simMim ? "ViTForMaskedImageModeling" : params.cls ? "ViTModel" : "IJepaModel";
    model.config = {{"architectures", {model.className}},
                    {"model_type", decoder      ? "vit_mae"
                                   : params.cls ? "vit"
                                                : "ijepa"},
                    {"hidden_size", p.width},
                    {"num_hidden_layers", p.depth},
                    {"num_attention_heads", p.heads},
                    {"intermediate_size", p.hiddenWidth()},
                    {"hidden_act", transformersActivation(p.activation)},
                    {"layer_norm_eps", p.normEps},
                    {"qkv_bias", p.qkvBias},
                    {"image_size", sides(source.input.height, source.input.width)},
                    {"patch_size", sides(source.input.patchHeight, source.input.patchWidth)},
                    {"num_channels", source.input.channels},
                    {"hidden_dropout_prob", 0.0},
                    {"attention_probs_dropout_prob", 0.0},
                    {"dtype", "float32"}};
    model.preprocessor = preprocessorOf(source.input);
    const std::string prefix = decoder || simMim ? "vit." : "";
    const TrainedTensors trained(source.weights, source.network);
    Names names{trained, model.tensors};
    names.linear(prefix + "embeddings.patch_embeddings.projection", "patch_embed");
    model.tensors.emplace_back(prefix + "embeddings.position_embeddings",
                               tableWithPrefixes(trained, params.cls ? 1 : 0, source.input.patches(), p.width));
    if (params.cls) model.tensors.emplace_back(prefix + "embeddings.cls_token", trained.get("cls_token").reshape({1, 1, p.width}));
    if (simMim) model.tensors.emplace_back(prefix + "embeddings.mask_token", trained.get("mask_token").reshape({1, 1, p.width}));
    for (std::int64_t i = 0; i < p.depth; ++i)
        names.transformersBlock(fmt::format("{}encoder.layer.{}", prefix, i), fmt::format("transformer.block{}", i));
    names.linear(prefix + "layernorm", "transformer.norm");
    if (decoder) addMaeDecoder(source, *decoder, model);
    if (simMim) addPixelShuffle(source, model);
    if (!decoder && !simMim) model.note = "The head stayed behind: these classes have none of its kind.";
    return model;
}

ExportedModel exportToTimm(const ExportSource& source) {
    const std::string program = "timm's VisionTransformer";
    const Vit::Params params = encoderParams(source, program);
    const TransformerParams& p = params.transformer;
    if (p.normEps != kTimmNormEps) refuse(fmt::format("norm_eps = {:g} (its is {:g})", p.normEps, kTimmNormEps), program);
    if (params.embeddingNorm == params.patchBias) refuse("embedding_norm beside patch_bias, or neither of them", program);
    if (p.mlpBias != p.projectionBias) refuse("mlp_bias and projection_bias that differ", program);
    const ImageInput& input = source.input;
    const std::string pooling = params.cls ? "token" : "avg";
    json args{{"embed_dim", p.width},
              {"depth", p.depth},
              {"num_heads", p.heads},
              {"mlp_ratio", static_cast<double>(p.hiddenWidth()) / static_cast<double>(p.width)},
              {"qkv_bias", p.qkvBias},
              {"qk_norm", p.queryKeyNorm},
              {"scale_attn_norm", p.innerNorm},
              {"scale_mlp_norm", p.mlpNorm},
              {"proj_bias", p.projectionBias},
              {"act_layer", p.activation},
              {"img_size", {input.height, input.width}},
              {"patch_size", {input.patchHeight, input.patchWidth}},
              {"in_chans", input.channels},
              {"class_token", params.cls},
              {"reg_tokens", params.registers},
              {"no_embed_class", true},
              {"pre_norm", params.embeddingNorm},
              {"fc_norm", false},
              {"global_pool", pooling},
              {"num_classes", 0}};
    if (p.layerScale > 0.0) args["init_values"] = p.layerScale;
    ExportedModel model;
    model.className = "VisionTransformer";
    model.note = "The head stayed behind: timm has none of its kind.";
    model.config = {{"architecture", "vit_base_patch16_224"},
                    {"num_classes", 0},
                    {"num_features", p.width},
                    {"global_pool", pooling},
                    {"model_args", args},
                    {"pretrained_cfg",
                     {{"input_size", {input.channels, input.height, input.width}},
                      {"fixed_input_size", true},
                      {"mean", input.mean},
                      {"std", input.std},
                      {"num_classes", 0},
                      {"first_conv", "patch_embed.proj"},
                      {"classifier", "head"}}}};
    const TrainedTensors trained(source.weights, source.network);
    Names names{trained, model.tensors};
    names.linear("patch_embed.proj", "patch_embed");
    model.tensors.emplace_back("pos_embed", tableWithPrefixes(trained, 0, input.patches(), p.width));
    if (params.cls) model.tensors.emplace_back("cls_token", trained.get("cls_token").reshape({1, 1, p.width}));
    if (params.registers > 0) model.tensors.emplace_back("reg_token", trained.get("register_table").unsqueeze(0));
    if (params.embeddingNorm) names.linear("norm_pre", "embedding_norm");
    for (std::int64_t i = 0; i < p.depth; ++i) {
        const std::string theirs = fmt::format("blocks.{}", i), ours = fmt::format("transformer.block{}", i);
        for (const char* part : {".norm1", ".attn.qkv", ".attn.proj", ".norm2", ".attn.norm"}) names.linear(theirs + part, ours + part);
        for (const char* part : {".fc1", ".fc2"}) names.linear(theirs + ".mlp" + part, ours + part);
        names.linear(theirs + ".attn.q_norm", ours + ".attn.query_norm");
        names.linear(theirs + ".attn.k_norm", ours + ".attn.key_norm");
        names.linear(theirs + ".mlp.norm", ours + ".mlp_norm");
        if (p.layerScale == 0.0) continue;
        model.tensors.emplace_back(theirs + ".ls1.gamma", trained.get(ours + ".scale1"));
        model.tensors.emplace_back(theirs + ".ls2.gamma", trained.get(ours + ".scale2"));
    }
    names.linear("norm", "transformer.norm");
    return model;
}

}  // namespace maskscope
