#include "families/flava_pretraining.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/flava_codebook.h"
#include "families/flava_network.h"
#include "heads/head.h"

namespace maskscope {
namespace {

constexpr double kLeastLogitScale = 0.0, kMostLogitScale = 4.6052;
constexpr std::int64_t kFirstFusedPatch = 2;  // after the class tokens of the multimodal and of the image encoder

/// Labels of patches or words, and where they count.
struct Labels {
    at::Tensor values, counts;  // [B, N] int64 and bool; undefined: there are none
};

/// The network with its objectives: codes of hidden patches, hidden words, both at once, matching pairs, and contrast (Sec. 3.2).
class FlavaPretraining : public FamilyModel {
public:
    FlavaPretraining(ModelConfig& config, ModelWeights& weights);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override { return network_.card(); }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>&) const override { return std::nullopt; }

private:
    struct Weights {
        double mim, mlm, itm, contrast, mmmImage, mmmText;
    };
    std::shared_ptr<Head> takeHead(ModelConfig config, ModelWeights& weights, const std::string& name, std::int64_t vocabulary, std::int64_t width);
    Labels imageLabels(ForwardInputs& inputs, const at::Tensor& hidden, NamedTensors& outputs);
    void addLoss(NamedTensors& outputs, const std::string& name, const at::Tensor& loss, double weight);
    /// Logits at the places that count, and their loss.
    void addMasked(NamedTensors& outputs, const std::string& name, Head& head, const at::Tensor& tokens, const Labels& labels, double weight);
    void addPairs(NamedTensors& outputs, const at::Tensor& fused, const at::Tensor& pairLabels);
    /// The objectives of images alone and of texts alone.
    void addSingle(NamedTensors& outputs, const FlavaSeen& masked, const Labels& image, const Labels& text);
    /// Those of pairs: matching, then patches and words of the pairs that match. @return which pairs those are; undefined: all
    at::Tensor addJoint(NamedTensors& outputs, FlavaSeen& masked, Labels image, Labels text, const at::Tensor& pairLabels);
    void addContrast(NamedTensors& outputs, const FlavaSeen& plain, const at::Tensor& kept);

    FlavaNetwork network_;
    std::shared_ptr<DalleEncoder> codebook_;
    std::shared_ptr<Head> mim_, mlm_, mmmImage_, mmmText_;
    OuterLinear itmPooler_, itm_;
    Weights weights_{};
    std::int64_t ignored_;
    bool returnsLoss_;
    at::Tensor total_;  // of the pass that runs
};

FlavaPretraining::FlavaPretraining(ModelConfig& config, ModelWeights& weights)
    : network_(config, weights), ignored_(config.get<std::int64_t>("ce_ignore_index", -100)), returnsLoss_(config.get<bool>("return_loss", true)) {
    const auto weight = [&](const char* key) { return config.get<double>(key, 1.0); };
    weights_ = {weight("mim_weight"),       weight("mlm_weight"),     weight("itm_weight"), weight("global_contrastive_weight"),
                weight("mmm_image_weight"), weight("mmm_text_weight")};
    ModelConfig image = config.section("image_config"), text = config.section("text_config");
    const auto imageCodes = image.get<std::int64_t>("vocab_size", 8192), words = text.get<std::int64_t>("vocab_size", 30522);
    const std::int64_t imageWidth = network_.image().params().width, textWidth = network_.textWidth();
    mim_ = takeHead(image, weights, "mim_head", imageCodes, imageWidth);
    mmmImage_ = takeHead(image, weights, "mmm_image_head", imageCodes, imageWidth);
    mlm_ = takeHead(text, weights, "mlm_head", words, textWidth);
    mmmText_ = takeHead(text, weights, "mmm_text_head", words, textWidth);
    const auto width = config.get<std::int64_t>("hidden_size", 768);
    itmPooler_ = OuterLinear::take(weights, "itm_head.pooler.dense", width);
    itm_ = OuterLinear::take(weights, "itm_head.seq_relationship", width);
    if (config.get<bool>("init_codebook", true)) {
        ModelConfig codebook = config.section("image_codebook_config");
        codebook.ignore({"model_type"});
        codebook_ = makeFlavaCodebook(codebook, weights, "image_codebook.");
    } else {
        config.ignore({"image_codebook_config"});
    }
    // How gradients are gathered from other machines, what else could be left out, and ties that this model has none of.
    config.ignore({"global_backprop_contrastive", "skip_unmasked_multimodal_encoder", "tie_word_embeddings"});
}

std::shared_ptr<Head> FlavaPretraining::takeHead(ModelConfig config, ModelWeights& weights, const std::string& name, std::int64_t vocabulary,
                                                 std::int64_t width) {
    static const HeadRegistry registry = makeHeadRegistry();
    const Value table(Value::Table{{"kind", "masked_language"},
                                   {"tied", false},
                                   {"norm_eps", config.get<double>("layer_norm_eps", 1e-12)},
                                   {"activation", config.activation("hidden_act", "gelu")}});
    const InputSpec input{network_.image().vit().input()};
    auto head = registry.make(table, "head", "kind", HeadContext{input, width, vocabulary});
    WeightMap map(weights);
    map.linear("dense", name + ".transform.dense");
    map.linear("norm", name + ".transform.LayerNorm");
    map.move("decoder", name + ".decoder.weight");
    map.move("decoder_bias", weights.has(name + ".decoder.bias") ? name + ".decoder.bias" : name + ".bias");
    weights.ignore(name + ".bias");
    map.fill(*head);
    head->eval();
    return head;
}

void FlavaPretraining::addLoss(NamedTensors& outputs, const std::string& name, const at::Tensor& loss, double weight) {
    outputs.emplace_back("loss_info." + name, loss * weight);
    total_ = total_.defined() ? total_ + outputs.back().second : outputs.back().second;
}

Labels FlavaPretraining::imageLabels(ForwardInputs& inputs, const at::Tensor& hidden, NamedTensors& outputs) {
    Labels labels{inputs.find("mim_labels"), {}};
    const at::Tensor pixels = inputs.find("codebook_pixel_values");
    if (codebook_ && pixels.defined()) {
        const at::Tensor codes = codebook_->logits(pixels.to(at::kFloat)).argmax(1);
        outputs.emplace_back("codebook_indices", codes);
        if (!labels.values.defined() && returnsLoss_) labels.values = codes;
    }
    if (!labels.values.defined()) return labels;
    if (!hidden.defined()) throw DataError("there are labels of patches, but no bool_masked_pos, which says where they count");
    labels.values = labels.values.reshape({labels.values.size(0), -1}).to(at::kLong);
    const at::Tensor flat = hidden.reshape({hidden.size(0), -1}).ne(0);
    if (flat.sizes() != labels.values.sizes())
        throw DataError(fmt::format("{} labels a sample for {} patches of bool_masked_pos; the codebook's images need 8 pixels for each patch",
                                    labels.values.size(1), flat.size(1)));
    labels.counts = flat.logical_and(labels.values.ne(ignored_));
    return labels;
}

void FlavaPretraining::addMasked(NamedTensors& outputs, const std::string& name, Head& head, const at::Tensor& tokens, const Labels& labels,
                                 double weight) {
    Features features;
    features.tokens = labels.values.defined() ? tokens.index({labels.counts}).unsqueeze(0) : tokens;
    at::Tensor logits = head.forward(features, nullptr, TokenChoice::All);
    if (labels.values.defined()) logits = logits.squeeze(0);
    outputs.emplace_back(name + "_logits", logits);
    if (labels.values.defined() && returnsLoss_) addLoss(outputs, name, at::cross_entropy_loss(logits, labels.values.index({labels.counts})), weight);
}

void FlavaPretraining::addPairs(NamedTensors& outputs, const at::Tensor& fused, const at::Tensor& pairLabels) {
    const at::Tensor logits = itm_.apply(itmPooler_.apply(fused.select(1, 0)).tanh());
    outputs.emplace_back("itm_logits", logits);
    if (pairLabels.defined() && returnsLoss_) addLoss(outputs, "itm", at::cross_entropy_loss(logits, pairLabels.to(at::kLong)), weights_.itm);
}

void FlavaPretraining::addContrast(NamedTensors& outputs, const FlavaSeen& plain, const at::Tensor& kept) {
    const auto unit = [](const at::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(1e-12); };
    const at::Tensor text = unit(network_.textProjection.apply(plain.text->normed.select(1, 0)));
    const at::Tensor image = unit(network_.imageProjection.apply(plain.image->normed.select(1, 0)));
    const at::Tensor scale = network_.logitScale.clamp(kLeastLogitScale, kMostLogitScale).exp();
    at::Tensor perImage = at::matmul(image, text.t()) * scale, perText = at::matmul(text, image.t()) * scale;
    at::Tensor labels = at::arange(image.size(0), at::kLong);
    if (kept.defined())
        for (at::Tensor* rows : {&perImage, &perText, &labels}) *rows = rows->index({kept});
    outputs.emplace_back("contrastive_logits_per_image", perImage);
    outputs.emplace_back("contrastive_logits_per_text", perText);
    if (returnsLoss_)
        addLoss(outputs, "global_contrastive", (at::cross_entropy_loss(perImage, labels) + at::cross_entropy_loss(perText, labels)) / 2,
                weights_.contrast);
}

/// The tokens that labels belong to: the last ones, since class tokens stand in front.
at::Tensor labelledTokens(const at::Tensor& tokens, const Labels& labels) {
    if (!labels.values.defined()) return tokens;
    const std::int64_t count = labels.values.size(1);
    if (count > tokens.size(1)) throw DataError(fmt::format("{} labels a sample, but there are {} tokens", count, tokens.size(1)));
    return tokens.narrow(1, tokens.size(1) - count, count);
}

void FlavaPretraining::addSingle(NamedTensors& outputs, const FlavaSeen& masked, const Labels& image, const Labels& text) {
    if (masked.image && weights_.mim > 0.0) addMasked(outputs, "mim", *mim_, labelledTokens(masked.image->normed, image), image, weights_.mim);
    if (masked.text && weights_.mlm > 0.0) addMasked(outputs, "mlm", *mlm_, labelledTokens(masked.text->normed, text), text, weights_.mlm);
}

at::Tensor FlavaPretraining::addJoint(NamedTensors& outputs, FlavaSeen& masked, Labels image, Labels text, const at::Tensor& pairLabels) {
    at::Tensor fused = masked.fused->normed, matching;
    if (weights_.itm > 0.0) {
        addPairs(outputs, fused, pairLabels);
        if (pairLabels.defined() && pairLabels.ne(0).any().item<bool>()) {
            matching = pairLabels.ne(0);
            for (at::Tensor* rows : {&fused, &image.values, &image.counts, &text.values, &text.counts})
                if (rows->defined()) *rows = rows->index({matching});
        }
    }
    masked.fused->normed = fused;
    const std::int64_t patches = masked.image->normed.size(1) - 1, words = masked.text->normed.size(1);
    if (weights_.mmmImage > 0.0) addMasked(outputs, "mmm_image", *mmmImage_, fused.narrow(1, kFirstFusedPatch, patches), image, weights_.mmmImage);
    if (weights_.mmmText > 0.0)
        addMasked(outputs, "mmm_text", *mmmText_, labelledTokens(fused.narrow(1, fused.size(1) - words, words), text), text, weights_.mmmText);
    return matching;
}

NamedTensors FlavaPretraining::forward(ForwardInputs& inputs) {
    total_ = at::Tensor();
    const at::Tensor pixels = inputs.find("pixel_values"), hidden = inputs.find("bool_masked_pos");
    const bool hasMaskedText = inputs.find("input_ids_masked").defined();
    NamedTensors outputs;
    const FlavaSeen plain = network_.see(inputs, pixels, "input_ids", {});
    FlavaSeen masked = network_.see(inputs, pixels, hasMaskedText ? "input_ids_masked" : "input_ids", hidden);
    if (!masked.image && !masked.text) inputs.require("pixel_values");
    plain.addOutputs(outputs, "");
    plain.addEmbeddings(outputs, "");
    masked.addOutputs(outputs, "masked_");

    const Labels image = masked.image ? imageLabels(inputs, hidden, outputs) : Labels{};
    Labels text{masked.text ? inputs.find("mlm_labels") : at::Tensor(), {}};
    if (text.values.defined()) {
        text.values = text.values.reshape({text.values.size(0), -1}).to(at::kLong);
        text.counts = text.values.ne(ignored_);
    }
    at::Tensor matching;
    if (masked.fused)
        matching = addJoint(outputs, masked, image, text, inputs.find("itm_labels"));
    else
        addSingle(outputs, masked, image, text);
    masked.addEmbeddings(outputs, "masked_");
    if (plain.image && plain.text && weights_.contrast > 0.0) addContrast(outputs, plain, matching);
    if (total_.defined()) outputs.emplace_back("loss", total_);
    return outputs;
}

}  // namespace

std::unique_ptr<FamilyModel> openFlavaPretraining(ModelConfig& config, ModelWeights& weights) {
    return std::make_unique<FlavaPretraining>(config, weights);
}

}  // namespace maskscope
