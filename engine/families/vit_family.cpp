#include "families/vit_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/opened_vit.h"
#include "families/simmim_decoder.h"
#include "families/transformers_heads.h"
#include "families/vit_names.h"
#include "families/words.h"
#include "heads/head.h"
#include "layers/activation.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

enum class Task { Bare, Pixels, Classes, TwoClassifiers };

/// What the three programs' classes differ in.
struct Kin {
    const char* name;            // for people
    const char* id;              // of a recipe
    const char* prefix;          // of tensors, where a task's head stands beside the network
    const char* classPrefix;     // of the classes' names
    std::int64_t prefixes;       // tokens in front of the patches
    bool poolsByMean;            // what the classifier looks at: the mean of the patches, else the class token
    ImageStatistics statistics;  // usual ones
};
const Kin kVit{"ViT", "vit", "vit.", "ViT", 1, false, ImageStatistics::halves()};
const Kin kDeit{"DeiT", "deit", "deit.", "DeiT", 2, false, ImageStatistics::imageNet()};
const Kin kIJepa{"I-JEPA", "ijepa", "ijepa.", "IJepa", 0, true, ImageStatistics::imageNet()};

Task taskOf(ModelConfig& config, const ModelWeights& weights, const Kin& kin) {
    const std::string name = config.className(), start = kin.classPrefix;
    if (name == start + "Model") return Task::Bare;
    if (name == start + "ForMaskedImageModeling" && kin.prefixes > 0) return Task::Pixels;
    if (name == start + "ForImageClassification") return Task::Classes;
    if (name == start + "ForImageClassificationWithTeacher" && kin.prefixes == 2) return Task::TwoClassifiers;
    if (!name.empty())
        config.refuse("architectures", fmt::format("{0}Model, {0}ForImageClassification{1}", start,
                                                   kin.prefixes > 0 ? fmt::format(" or {}ForMaskedImageModeling", start) : ""));
    if (weights.has("decoder.0.weight")) return Task::Pixels;
    if (weights.has("cls_classifier.weight")) return Task::TwoClassifiers;
    return weights.has("classifier.weight") ? Task::Classes : Task::Bare;
}

struct Settings {
    TransformerParams transformer;
    ImageInput input;
    std::string statisticsFrom, problemType, poolerActivation;
    Task task = Task::Bare;
    std::int64_t poolerWidth = 0;
    bool maskToken = false;
};

Settings readSettings(ModelConfig& config, const ModelWeights& weights, const Kin& kin) {
    Settings s;
    s.task = taskOf(config, weights, kin);
    s.transformer = readVitTransformer(config);
    s.input = readVitInput(config);
    s.statisticsFrom = readStatistics(config, kin.statistics, s.input);
    s.poolerActivation = config.activation("pooler_act", "tanh");
    s.poolerWidth = config.get<std::int64_t>("pooler_output_size", s.transformer.width);
    s.problemType = config.get<std::string>("problem_type", "");
    const auto stride = config.get<std::int64_t>("encoder_stride", 16);
    if (s.task == Task::Pixels && (stride != s.input.patchHeight || stride != s.input.patchWidth))
        config.refuse("encoder_stride",
                      fmt::format("patch_size, {} x {}, so that a patch is drawn as large as it was", s.input.patchHeight, s.input.patchWidth));
    return s;
}

Value encoderTable(const Settings& s, const Kin& kin) {
    Value table = transformerTable("vit", s.transformer, {});
    table.set("positions", "learned");
    if (kin.prefixes == 0) table.set("cls", false);
    if (kin.prefixes == 2) table.set("registers", 1);
    return table;
}

WeightMap mapWeights(Settings& s, ModelWeights weights, const Kin& kin) {
    weights.dropPrefix(kin.prefix);
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "embeddings.patch_embeddings.projection");
    const at::Tensor places = mapPositions(map, "embeddings.position_embeddings", kin.prefixes);
    if (kin.prefixes > 0) mapToken(map, "encoder.cls_token", "embeddings.cls_token", places[0]);
    if (kin.prefixes > 1) {
        mapToken(map, "encoder.register_table", "embeddings.distillation_token", places[1]);
        map.replace("encoder.register_table", map.find("encoder.register_table").unsqueeze(0));
    }
    s.maskToken = weights.has("embeddings.mask_token");
    if (s.maskToken) mapToken(map, "encoder.mask_token", "embeddings.mask_token", {});
    for (std::int64_t i = 0; i < s.transformer.depth; ++i)
        mapVitBlock(map, fmt::format("encoder.transformer.block{}", i), vitLayer(map.weights(), i));
    map.linear("encoder.transformer.norm", "layernorm");
    if (s.task == Task::Pixels) mapSimMimDecoder(map, "decoder.0", s.input);
    return map;
}

/// The network, then what its class puts on top.
class VitModel : public FamilyModel {
public:
    VitModel(Settings settings, WeightMap map, const Kin& kin)
        : s_(std::move(settings)), kin_(kin), vit_(encoderTable(s_, kin), s_.input, std::move(map)) {
        ModelWeights& weights = vit_.weights().weights();
        const std::int64_t width = s_.transformer.width;
        if (s_.task == Task::Pixels) {
            const InputSpec spec{s_.input};
            head_ =
                makeHeadRegistry().make(Value(Value::Table{{"kind", "linear"}}), "head", "kind", HeadContext{spec, width, s_.input.patchValues()});
            vit_.weights().fill(*head_, "head_reconstruction.");
        }
        if (s_.task == Task::Classes) classifier_ = OuterLinear::take(weights, "classifier", width);
        if (s_.task == Task::TwoClassifiers) {
            classifier_ = OuterLinear::take(weights, "cls_classifier", width);
            second_ = OuterLinear::take(weights, "distillation_classifier", width);
        }
        if (s_.task == Task::Bare && kin_.prefixes > 0 && weights.takeOptional("pooler.dense.weight").defined()) takePooler(weights);
    }

    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    void takePooler(ModelWeights& weights) {
        pooler_ = OuterLinear::take(weights, "pooler.dense", s_.transformer.width);
        if (pooler_->weight.size(0) != s_.poolerWidth)
            throw DataError(fmt::format("{}: tensor 'pooler.dense.weight' gives {} values, but the config asks for pooler_output_size = {}",
                                        weights.subject(), pooler_->weight.size(0), s_.poolerWidth));
    }
    void addPixels(NamedTensors& outputs, const Features& features, const at::Tensor& pixels, const at::Tensor& hidden);
    void addClasses(NamedTensors& outputs, const Features& features, const at::Tensor& labels) const;

    Settings s_;
    Kin kin_;
    OpenedVit vit_;
    std::shared_ptr<Head> head_;
    std::optional<OuterLinear> pooler_, classifier_, second_;
};

void VitModel::addPixels(NamedTensors& outputs, const Features& features, const at::Tensor& pixels, const at::Tensor& hidden) {
    const ImageInput input = vit_.inputAt({pixels.size(2), pixels.size(3)});
    const at::Tensor reconstruction = unpatchify(head_->forward(features, nullptr, TokenChoice::All), input);
    outputs.emplace_back("reconstruction", reconstruction);
    if (!hidden.defined()) return;
    const at::Tensor seen = pixels.to(at::kFloat).narrow(2, 0, input.height).narrow(3, 0, input.width);
    outputs.emplace_back("loss", maskedPixelLoss(seen, reconstruction, hidden, input));
}

void VitModel::addClasses(NamedTensors& outputs, const Features& features, const at::Tensor& labels) const {
    const at::Tensor pooled = kin_.poolsByMean ? features.tokens.mean(1) : features.prefix.select(1, 0);
    at::Tensor logits = classifier_->apply(pooled);
    if (second_) {
        const at::Tensor other = second_->apply(features.prefix.select(1, 1));
        outputs.emplace_back("cls_logits", logits);
        outputs.emplace_back("distillation_logits", other);
        logits = (logits + other) / 2.0;
    }
    outputs.emplace_back("logits", logits);
    if (labels.defined()) outputs.emplace_back("loss", classifierLoss(logits, labels, s_.problemType));
}

NamedTensors VitModel::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("pixel_values");
    const bool takesMask = s_.task == Task::Bare || s_.task == Task::Pixels;
    const at::Tensor hidden = takesMask ? inputs.find("bool_masked_pos") : at::Tensor();
    inputs.find("interpolate_pos_encoding");  // positions are resized for other sizes in any case
    if (hidden.defined() && !s_.maskToken) throw DataError("bool_masked_pos is given, but this checkpoint has no mask token; leave it out");
    const Features features = vit_.see(pixels, replacingPlan(hidden), CorruptionKind::Token);
    NamedTensors outputs;
    addStates(outputs, features);
    if (s_.task == Task::Pixels) {
        addPixels(outputs, features, pixels, hidden);
    } else if (s_.task == Task::Bare) {
        outputs.emplace_back("last_hidden_state", wholeSequence(features));
        if (pooler_) outputs.emplace_back("pooler_output", activate(pooler_->apply(features.prefix.select(1, 0)), s_.poolerActivation));
    } else {
        addClasses(outputs, features, s_.task == Task::Classes ? inputs.find("labels") : at::Tensor());
    }
    return outputs;
}

IdentityCard VitModel::card() const {
    IdentityCard card;
    card.title = fmt::format("{}: {}", kin_.name, blocksOf(s_.transformer.depth, s_.transformer.width));
    addVitFacts(card, s_.input, s_.transformer, s_.statisticsFrom);
    card.add("Positions", "a learned vector for every patch");
    card.add("Tokens in front", kin_.prefixes == 0 ? "none" : kin_.prefixes == 1 ? "a class token" : "a class token and a distillation token");
    card.add("Mask token", s_.maskToken ? "yes" : "no");
    card.works.push_back(kLookedInto);
    if (s_.task == Task::Pixels) {
        addSimMimFacts(card);
        return card;
    }
    card.add("Decoder", "none");
    if (classifier_) card.add("Head", fmt::format("{} of {} classes", second_ ? "two classifiers" : "a classifier", classifier_->weight.size(0)));
    card.worksNot.push_back(kNoDecoder);
    return card;
}

std::optional<ForeignModel> VitModel::asMethod(const std::optional<Sides>& size) const {
    const std::string name = fmt::format("{} checkpoint", kin_.name);
    return s_.task == Task::Pixels && s_.maskToken ? simMimMethod(vit_, kin_.id, name, size) : vit_.asMethod(kin_.id, name, size);
}

std::unique_ptr<FamilyModel> open(ModelConfig& config, const ModelWeights& weights, const Kin& kin) {
    Settings settings = readSettings(config, weights, kin);
    WeightMap map = mapWeights(settings, weights, kin);
    return std::make_unique<VitModel>(std::move(settings), std::move(map), kin);
}

}  // namespace

std::unique_ptr<FamilyModel> openVit(ModelConfig& config, ModelWeights& weights) { return open(config, weights, kVit); }
std::unique_ptr<FamilyModel> openDeit(ModelConfig& config, ModelWeights& weights) { return open(config, weights, kDeit); }
std::unique_ptr<FamilyModel> openIJepa(ModelConfig& config, ModelWeights& weights) { return open(config, weights, kIJepa); }

}  // namespace maskscope
