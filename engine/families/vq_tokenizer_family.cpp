#include "families/vq_tokenizer_family.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/weight_map.h"
#include "layers/codebook.h"
#include "layers/vq_networks.h"

namespace maskscope {
namespace {

constexpr double kCommitment = 0.25;  // where the config has no `beta`

VqNetworkParams readNetwork(ModelConfig& config) {
    constexpr std::int64_t kGroups = 32;
    VqNetworkParams p;
    p.channels = config.get<std::int64_t>("in_channels", 3);
    p.width = config.get<std::int64_t>("base_channels", 128);
    p.multipliers = config.get<std::vector<std::int64_t>>("channel_multiplier", {1, 1, 2, 2, 4});
    p.blocks = config.get<std::int64_t>("num_res_blocks", 2);
    p.latentWidth = config.get<std::int64_t>("latent_channels", 256);
    if (p.width < kGroups || p.width % kGroups != 0) config.refuse("base_channels", "a multiple of 32, the groups of the norms");
    if (p.multipliers.empty() || std::any_of(p.multipliers.begin(), p.multipliers.end(), [](std::int64_t m) { return m < 1; }))
        config.refuse("channel_multiplier", "a number of at least 1 for every level");
    if (p.blocks < 1) config.refuse("num_res_blocks", "at least 1");
    if (config.get<bool>("double_latent", false)) config.refuse("double_latent", "false: what follows the encoder takes latent_channels");
    config.ignore({"dropout"});
    return p;
}

/// Attention after the blocks of the coarsest level.
void attendLast(VqNetworkParams& p) {
    p.attends.assign(p.levels(), false);
    p.attends.back() = true;
}

/// Attention at the levels whose maps have a side of `attn_resolutions`, for images of `resolution`. A config without a type of
/// attention has the usual one or, where it says null, none: the weights tell.
void attendAtResolutions(ModelConfig& config, const ModelWeights& weights, VqNetworkParams& p) {
    const auto sides = config.get<std::vector<std::int64_t>>("attn_resolutions", {});
    const std::string usual = weights.has("encoder.mid.attn_1.q.weight") ? "vanilla" : "";
    const bool attends = config.get<std::string>("attn_type", usual) == "vanilla";
    auto side = config.get<std::int64_t>("resolution", 512);
    for (std::size_t level = 0; level < p.levels(); ++level, side /= 2)
        p.attends.push_back(attends && std::find(sides.begin(), sides.end(), side) != sides.end());
    p.middleAttends = attends;
}

class NetworkNames {
public:
    explicit NetworkNames(WeightMap& map) : map_(map) {}

    void block(const std::string& ours, const std::string& theirs) {
        for (const char* part : {"1", "2"}) {
            map_.linear(ours + ".norm" + part + ".norm", theirs + ".norm" + part);
            map_.linear(ours + ".conv" + part, theirs + ".conv" + part);
        }
        if (map_.weights().has(theirs + ".nin_shortcut.weight")) map_.linear(ours + ".shortcut", theirs + ".nin_shortcut");
    }
    void attention(const std::string& ours, const std::string& theirs) {
        map_.linear(ours + ".norm.norm", theirs + ".norm");
        for (const char* part : {".weight", ".bias"}) {
            at::Tensor joined = at::cat({flat(theirs + ".q" + part), flat(theirs + ".k" + part), flat(theirs + ".v" + part)});
            map_.add(ours + ".attn.qkv" + part, joined, theirs + ".q" + part);
            map_.add(ours + ".attn.proj" + part, flat(theirs + ".proj_out" + part), theirs + ".proj_out" + part);
        }
    }
    void level(const std::string& ours, const std::string& theirs, std::int64_t blocks, bool attends) {
        for (std::int64_t i = 0; i < blocks; ++i) {
            block(fmt::format("{}.block{}", ours, i), fmt::format("{}.block.{}", theirs, i));
            if (attends) attention(fmt::format("{}.attn{}", ours, i), fmt::format("{}.attn.{}", theirs, i));
        }
    }
    void ends(const std::string& ours, const std::string& theirs, bool middleAttends) {
        map_.linear(ours + "conv_in", theirs + "conv_in");
        block(ours + "middle.block0", theirs + "mid.block_1");
        if (middleAttends) attention(ours + "middle.attn", theirs + "mid.attn_1");
        block(ours + "middle.block1", theirs + "mid.block_2");
        map_.linear(ours + "norm.norm", theirs + "norm_out");
        map_.linear(ours + "conv_out", theirs + "conv_out");
    }

private:
    /// A 1 x 1 convolution as a linear map.
    at::Tensor flat(const std::string& name) {
        const at::Tensor value = map_.weights().take(name);
        return value.dim() == 4 ? value.flatten(1) : value;
    }
    WeightMap& map_;
};

void mapEncoder(WeightMap& map, const VqNetworkParams& p) {
    NetworkNames names(map);
    names.ends("encoder.", "encoder.", p.middleAttends);
    for (std::size_t i = 0; i < p.levels(); ++i) {
        names.level(fmt::format("encoder.level{}", i), fmt::format("encoder.down.{}", i), p.blocks, p.attends[i]);
        if (i + 1 < p.levels()) map.linear(fmt::format("encoder.down{}", i), fmt::format("encoder.down.{}.downsample.conv", i));
    }
}

/// Their levels count from the coarsest.
void mapDecoder(WeightMap& map, const VqNetworkParams& p) {
    NetworkNames names(map);
    names.ends("decoder.", "decoder.", p.middleAttends);
    for (std::size_t i = 0; i < p.levels(); ++i) {
        const std::size_t ours = p.levels() - 1 - i;
        names.level(fmt::format("decoder.level{}", ours), fmt::format("decoder.up.{}", i), p.blocks + 1, p.attends[ours]);
        if (ours > 0) map.linear(fmt::format("decoder.up{}", ours), fmt::format("decoder.up.{}.upsample.conv", i));
    }
}

/// A 1 x 1 convolution over a map.
struct Pointwise {
    at::Tensor weight, bias;

    static Pointwise take(ModelWeights& weights, const std::string& name, std::int64_t from, std::int64_t to) {
        Pointwise p{weights.take(name + ".weight"), weights.take(name + ".bias")};
        if (p.weight.numel() != from * to || p.bias.numel() != to)
            throw DataError(fmt::format("{}: tensor '{}.weight' is [{}], but the config asks for [{}, {}, 1, 1]", weights.subject(), name,
                                        fmt::join(p.weight.sizes(), ", "), to, from));
        p.weight = p.weight.reshape({to, from, 1, 1});
        return p;
    }
    at::Tensor apply(const at::Tensor& x) const { return at::conv2d(x, weight, bias); }
};

class VqTokenizer : public FamilyModel {
public:
    VqTokenizer(ModelConfig& config, ModelWeights& weights, const std::string& title, const VqNetworkParams& encoder, const VqNetworkParams* decoder);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

private:
    std::string title_;
    VqNetworkParams params_;
    std::int64_t entries_, codeWidth_;
    std::shared_ptr<VqEncoder> encoder_;
    std::shared_ptr<VqDecoder> decoder_;  // none: the file has the encoder alone
    std::shared_ptr<Codebook> codebook_;
    Pointwise toCodes_, fromCodes_;
};

VqTokenizer::VqTokenizer(ModelConfig& config, ModelWeights& weights, const std::string& title, const VqNetworkParams& encoder,
                         const VqNetworkParams* decoder)
    : title_(title), params_(encoder), entries_(config.get<std::int64_t>("num_embeddings", decoder != nullptr ? 16384 : 8192)) {
    codeWidth_ = config.get<std::int64_t>("embed_dim", decoder != nullptr ? 8 : 256);
    const auto commitment = config.get<double>("beta", kCommitment);
    WeightMap map(weights);
    mapEncoder(map, encoder);
    if (decoder != nullptr) mapDecoder(map, *decoder);
    map.move("codebook.table", "quantize.embedding.weight");
    encoder_ = std::make_shared<VqEncoder>(encoder);
    map.fill(*encoder_, "encoder.");
    codebook_ = std::make_shared<Codebook>(entries_, codeWidth_, commitment);
    map.fill(*codebook_, "codebook.");
    toCodes_ = Pointwise::take(weights, "quant_conv", encoder.latentWidth, codeWidth_);
    if (decoder == nullptr) {
        for (const char* part : {".weight", ".bias"}) weights.ignore(std::string("post_quant_conv") + part);
        return;
    }
    fromCodes_ = Pointwise::take(weights, "post_quant_conv", codeWidth_, encoder.latentWidth);
    decoder_ = std::make_shared<VqDecoder>(*decoder);
    map.fill(*decoder_, "decoder.");
}

NamedTensors VqTokenizer::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("pixel_values").to(at::kFloat);
    const std::int64_t least = std::int64_t{1} << (params_.levels() - 1);
    if (pixels.dim() != 4 || pixels.size(1) != params_.channels || pixels.size(2) < least || pixels.size(3) < least)
        throw DataError(fmt::format("pixel_values have the shape [{}], expected [B, {}, height, width] of at least {} pixels each",
                                    fmt::join(pixels.sizes(), ", "), params_.channels, least));
    const at::Tensor latent = encoder_->forward(pixels), vectors = toCodes_.apply(latent).permute({0, 2, 3, 1});
    const Codebook::Choice choice = codebook_->nearest(vectors.reshape({-1, codeWidth_}));
    NamedTensors outputs;
    outputs.emplace_back("latent", latent);
    outputs.emplace_back("quantized", choice.vectors.view(vectors.sizes()).permute({0, 3, 1, 2}).contiguous());
    outputs.emplace_back("image_tokens", choice.codes);
    outputs.emplace_back("embedding_loss", choice.loss);
    if (!decoder_) return outputs;
    const at::Tensor entries = codebook_->entriesOf(choice.codes);
    const at::Tensor unit = entries / entries.norm(2, -1, true).clamp_min(1e-12);  // Janus decodes from entries of length 1
    outputs.emplace_back("decoded", decoder_->forward(fromCodes_.apply(unit.view(vectors.sizes()).permute({0, 3, 1, 2}))));
    return outputs;
}

IdentityCard VqTokenizer::card() const {
    IdentityCard card;
    card.title = title_;
    card.add("Architecture", fmt::format("VQGAN, levels of width {} times {}", params_.width, fmt::join(params_.multipliers, ", ")));
    card.add("Input", fmt::format("images of any size, {} channels", params_.channels));
    card.add("Codebook", fmt::format("{} entries of width {}, one for {} x {} pixels", entries_, codeWidth_,
                                     std::int64_t{1} << (params_.levels() - 1), std::int64_t{1} << (params_.levels() - 1)));
    card.add("Decoder", decoder_ ? "back to pixels" : "none");
    card.works.push_back("It turns images into codes (forward).");
    if (decoder_) card.works.push_back("It turns codes back into images (forward).");
    card.worksNot.push_back("It cannot be shown at work: a tokenizer hides nothing and has no features of patches.");
    return card;
}

}  // namespace

std::unique_ptr<FamilyModel> openJanusTokenizer(ModelConfig& config, ModelWeights& weights) {
    config.expectClass("JanusVQVAE");
    VqNetworkParams encoder = readNetwork(config);
    attendLast(encoder);
    VqNetworkParams decoder = encoder;
    decoder.channels = config.get<std::int64_t>("out_channels", 3);
    // What belongs to the language model around it; num_patches is the side of the map of codes, which the image gives.
    config.ignore({"image_token_embed_dim", "projection_dim", "num_hidden_layers", "hidden_act", "num_patches"});
    return std::make_unique<VqTokenizer>(config, weights, "Image tokenizer of Janus", encoder, &decoder);
}

std::unique_ptr<FamilyModel> openChameleonTokenizer(ModelConfig& config, ModelWeights& weights) {
    config.expectClass("ChameleonVQVAE");
    VqNetworkParams encoder = readNetwork(config);
    attendAtResolutions(config, weights, encoder);
    return std::make_unique<VqTokenizer>(config, weights, "Image tokenizer of Chameleon", encoder, nullptr);
}

}  // namespace maskscope
