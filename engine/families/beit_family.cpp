#include "families/beit_family.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/grid_bias_names.h"
#include "families/image_statistics.h"
#include "families/opened_vit.h"
#include "families/recipe_tables.h"
#include "families/transformers_heads.h"
#include "families/vit_names.h"
#include "families/words.h"
#include "heads/head.h"
#include "layers/norm.h"
#include "layers/position_resize.h"

namespace maskscope {
namespace {

const std::string kPositions = "encoder.pos_embed.table";

/// What the two programs' classes differ in.
struct Kin {
    const char* name;        // for people
    const char* id;          // of a recipe
    const char* prefix;      // of tensors, where a task's head stands beside the network
    const char* classes[3];  // bare, masked image modelling, classification
};
constexpr Kin kBeit{"BEiT", "beit", "beit.", {"BeitModel", "BeitForMaskedImageModeling", "BeitForImageClassification"}};
constexpr Kin kData2Vec{
    "data2vec (images)", "data2vec_vision", "data2vec_vision.", {"Data2VecVisionModel", "", "Data2VecVisionForImageClassification"}};

enum class Task { Bare, Codes, Classes };

Task taskOf(ModelConfig& config, const ModelWeights& weights, const Kin& kin) {
    const std::string name = config.className();
    for (const Task task : {Task::Bare, Task::Codes, Task::Classes})
        if (!name.empty() && name == kin.classes[static_cast<std::size_t>(task)]) return task;
    if (!name.empty())
        config.refuse("architectures",
                      fmt::format("one of {}{}{}, {}", kin.classes[0], *kin.classes[1] != 0 ? ", " : "", kin.classes[1], kin.classes[2]));
    return weights.has("lm_head.weight") ? Task::Codes : weights.has("classifier.weight") ? Task::Classes : Task::Bare;
}

struct Settings {
    TransformerParams transformer;
    ImageInput input;
    std::string statisticsFrom, problemType;
    Task task = Task::Bare;
    bool absolute = false, biasPerBlock = false, biasShared = false, meanPooling = true, maskToken = false;
    std::int64_t codes = 0;
};

Settings readSettings(ModelConfig& config, const ModelWeights& weights, const Kin& kin) {
    Settings s;
    s.task = taskOf(config, weights, kin);
    s.transformer = readVitTransformer(config);
    s.transformer.keyBias = false;
    s.transformer.layerScale = config.get<double>("layer_scale_init_value", 0.1);
    if (s.transformer.layerScale < 0.0) s.transformer.layerScale = 0.0;
    s.meanPooling = config.get<bool>("use_mean_pooling", true);
    s.transformer.finalNorm = !s.meanPooling;
    s.input = readVitInput(config);
    s.statisticsFrom = readStatistics(config, ImageStatistics::halves(), s.input);
    s.absolute = config.get<bool>("use_absolute_position_embeddings", false);
    s.biasPerBlock = config.get<bool>("use_relative_position_bias", false);
    s.biasShared = config.get<bool>("use_shared_relative_position_bias", false);
    s.maskToken = config.get<bool>("use_mask_token", false);
    s.codes = config.get<std::int64_t>("vocab_size", 8192);
    s.problemType = config.get<std::string>("problem_type", "");
    // Settings of segmentation heads and of backbones, neither of which these classes have.
    config.ignore({"add_fpn", "auxiliary_channels", "auxiliary_concat_input", "auxiliary_loss_weight", "auxiliary_num_convs", "out_features",
                   "out_indices", "pool_scales", "reshape_hidden_states", "semantic_loss_ignore_index", "semantic_out_indices", "stage_names",
                   "use_auxiliary_head"});
    return s;
}

Value encoderTable(const Settings& s) {
    Value table = transformerTable("vit", s.transformer, {});
    table.set("positions", s.absolute ? "learned" : "none");
    if (s.biasPerBlock || s.biasShared) table.set("relative_bias", !s.biasShared ? "block" : s.biasPerBlock ? "both" : "shared");
    return table;
}

/// Positions that transformers takes for those of a square grid wherever their number allows it.
at::Tensor resizeAbsolute(const at::Tensor& table, const ImageInput& from, const ImageInput& to) {
    const auto side = static_cast<std::int64_t>(std::lround(std::floor(std::sqrt(static_cast<double>(table.size(0))))));
    const bool square = side * side == table.size(0);
    return resizePositions(table, square ? side : from.gridRows(), square ? side : from.gridColumns(), to.gridRows(), to.gridColumns());
}

WeightMap mapWeights(const Settings& s, ModelWeights weights, const Kin& kin) {
    weights.dropPrefix(kin.prefix);
    weights.ignoreEnding("relative_position_index");
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "embeddings.patch_embeddings.projection");
    at::Tensor clsPosition;
    if (s.absolute) clsPosition = mapPositions(map, "embeddings.position_embeddings", 1).select(0, 0);
    mapToken(map, "encoder.cls_token", "embeddings.cls_token", clsPosition);
    if (s.maskToken) mapToken(map, "encoder.mask_token", "embeddings.mask_token", {});
    for (std::int64_t i = 0; i < s.transformer.depth; ++i) {
        const std::string ours = fmt::format("encoder.transformer.block{}", i), theirs = fmt::format("encoder.layer.{}", i);
        mapVitBlock(map, ours, theirs);
        map.move(ours + ".attn.query_bias", theirs + ".attention.attention.query.bias");
        map.move(ours + ".attn.value_bias", theirs + ".attention.attention.value.bias");
        if (s.transformer.layerScale > 0.0) {
            map.move(ours + ".scale1", theirs + ".lambda_1");
            map.move(ours + ".scale2", theirs + ".lambda_2");
        }
        if (s.biasPerBlock)
            mapRelativeBias(map, fmt::format("encoder.places.bias{}", i),
                            theirs + ".attention.attention.relative_position_bias.relative_position_bias_table");
    }
    if (s.biasShared) mapRelativeBias(map, "encoder.places.shared", "encoder.relative_position_bias.relative_position_bias_table");
    // A head for codes has a norm of its own beside the network's, and only the network's name has the prefix.
    const std::string whole = std::string(kin.prefix) + "layernorm";
    if (s.transformer.finalNorm) map.linear("encoder.transformer.norm", weights.has(whole + ".weight") ? whole : "layernorm");
    if (s.task == Task::Codes) {
        map.linear("head_reconstruction.norm", "layernorm");
        map.linear("head_reconstruction.predict", "lm_head");
    } else if (s.meanPooling && weights.has("pooler.layernorm.weight")) {
        map.linear("pooler", "pooler.layernorm");
    }
    return map;
}

/// The network, then what its class puts on top.
class BeitModel : public FamilyModel {
public:
    BeitModel(Settings settings, WeightMap map, const Kin& kin)
        : s_(std::move(settings)),
          kin_(kin),
          vit_(encoderTable(s_), s_.input, std::move(map), false, [input = s_.input](const auto& name, const auto& value, const ImageInput& to) {
              if (isBiasTable(name)) return resizeBias(value, input, to, true);
              return name == kPositions ? resizeAbsolute(value, input, to) : value;
          }) {
        if (s_.task == Task::Codes) {
            head_ = makeHeadRegistry().make(headTable(), "head", "kind", HeadContext{spec_, s_.transformer.width, s_.codes});
            vit_.weights().fill(*head_, "head_reconstruction.");
            head_->eval();
        }
        if (vit_.weights().find("pooler.weight").defined()) {
            pooler_ = std::make_shared<Norm>("layer", s_.transformer.width, s_.transformer.normEps);
            vit_.weights().fill(*pooler_, "pooler.");
        }
        if (s_.task == Task::Classes) {
            if (s_.meanPooling && !pooler_) vit_.weights().weights().take("pooler.layernorm.weight");
            classifier_ = OuterLinear::take(vit_.weights().weights(), "classifier", s_.transformer.width);
        }
    }

    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    Value headTable() const { return Value(Value::Table{{"kind", "linear"}, {"norm", true}, {"norm_eps", s_.transformer.normEps}}); }
    at::Tensor pooled(const Features& features) const;

    Settings s_;
    Kin kin_;
    InputSpec spec_{s_.input};
    OpenedVit vit_;
    std::shared_ptr<Head> head_;
    std::shared_ptr<Norm> pooler_;
    std::optional<OuterLinear> classifier_;
};

at::Tensor BeitModel::pooled(const Features& features) const {
    if (pooler_) return pooler_->forward(features.tokens.mean(1));
    return s_.meanPooling ? at::Tensor() : features.prefix.select(1, 0);
}

NamedTensors BeitModel::forward(ForwardInputs& inputs) {
    const at::Tensor hidden = s_.task == Task::Classes ? at::Tensor() : inputs.find("bool_masked_pos");
    inputs.find("interpolate_pos_encoding");  // other sizes are resized for in any case
    if (hidden.defined() && !s_.maskToken)
        throw DataError("bool_masked_pos is given, but this model has no mask token (use_mask_token is false); leave it out");
    const Features features = vit_.see(inputs.require("pixel_values"), replacingPlan(hidden), CorruptionKind::Token);
    NamedTensors outputs;
    addStates(outputs, features);
    const at::Tensor labels = s_.task == Task::Bare ? at::Tensor() : inputs.find("labels");
    if (s_.task == Task::Codes) {
        const at::Tensor logits = head_->forward(features, nullptr, TokenChoice::All);
        outputs.emplace_back("logits", logits);
        if (!labels.defined()) return outputs;
        if (!hidden.defined()) throw DataError("labels are given without bool_masked_pos, which says where they belong");
        const at::Tensor chosen = logits.index({hidden.reshape({hidden.size(0), -1}).to(at::kBool)});
        if (chosen.size(0) != labels.numel())
            throw DataError(fmt::format("labels have {} entries, expected {}, one for each patch that is hidden", labels.numel(), chosen.size(0)));
        outputs.emplace_back("loss", at::cross_entropy_loss(chosen, labels.reshape({-1}).to(at::kLong)));
        return outputs;
    }
    const at::Tensor pooled = this->pooled(features);
    if (s_.task == Task::Bare) {
        outputs.emplace_back("last_hidden_state", wholeSequence(features));
        if (pooled.defined()) outputs.emplace_back("pooler_output", pooled);
        return outputs;
    }
    outputs.emplace_back("logits", classifier_->apply(pooled));
    if (labels.defined()) outputs.emplace_back("loss", classifierLoss(outputs.back().second, labels, s_.problemType));
    return outputs;
}

IdentityCard BeitModel::card() const {
    IdentityCard card;
    card.title = fmt::format("{}: {}", kin_.name, blocksOf(s_.transformer.depth, s_.transformer.width));
    addVitFacts(card, s_.input, s_.transformer, s_.statisticsFrom);
    std::string places = s_.absolute ? "a learned vector for every patch" : "";
    if (s_.biasPerBlock || s_.biasShared)
        places += fmt::format("{}a learned attention bias for every offset, {}", places.empty() ? "" : "; ",
                              !s_.biasShared    ? "a table for each block"
                              : s_.biasPerBlock ? "a table for each block and one for all"
                                                : "one table for all blocks");
    card.add("Positions", places.empty() ? "none" : places);
    card.add("Mask token", s_.maskToken ? "yes" : "no");
    if (s_.task == Task::Codes) card.add("Head", fmt::format("logits over {} visual codes for every patch", s_.codes));
    if (s_.task == Task::Classes) card.add("Head", fmt::format("a classifier of {} classes", classifier_->weight.size(0)));
    card.works.push_back(kLookedInto);
    card.worksNot.push_back(s_.task == Task::Codes ? "It predicts codes of a tokenizer that is not in the file, so it draws no pictures by itself."
                                                   : kNoDecoder);
    return card;
}

std::optional<ForeignModel> BeitModel::asMethod(const std::optional<Sides>& size) const {
    return vit_.asMethod(kin_.id, fmt::format("{} checkpoint", kin_.name), size);
}

std::unique_ptr<FamilyModel> open(ModelConfig& config, const ModelWeights& weights, const Kin& kin) {
    Settings settings = readSettings(config, weights, kin);
    WeightMap map = mapWeights(settings, weights, kin);
    return std::make_unique<BeitModel>(std::move(settings), std::move(map), kin);
}

}  // namespace

std::unique_ptr<FamilyModel> openBeit(ModelConfig& config, ModelWeights& weights) { return open(config, weights, kBeit); }
std::unique_ptr<FamilyModel> openData2VecVision(ModelConfig& config, ModelWeights& weights) { return open(config, weights, kData2Vec); }

}  // namespace maskscope
