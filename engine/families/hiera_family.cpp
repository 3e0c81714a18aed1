#include "families/hiera_family.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/hiera_config.h"
#include "families/image_statistics.h"
#include "families/recipe_tables.h"
#include "families/transformers_heads.h"
#include "families/words.h"
#include "layers/position_resize.h"
#include "tensor/gather.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

const std::string kEncoder = "encoder.", kHead = "head_reconstruction.";
const std::string kPositions = "encoder.pos_embed.table", kHeadPositions = "head_reconstruction.pos_embed.table";
constexpr double kVarianceEps = 1e-6;

enum class HieraUse { Model, PreTraining, Classification };

HieraUse useOf(ModelConfig& config, const ModelWeights& weights) {
    const std::string name = config.className();
    if (name == "HieraForPreTraining") return HieraUse::PreTraining;
    if (name == "HieraForImageClassification") return HieraUse::Classification;
    if (name == "HieraModel") return HieraUse::Model;
    if (!name.empty()) config.refuse("architectures", "HieraModel, HieraForPreTraining or HieraForImageClassification");
    return weights.has("decoder.mask_token") ? HieraUse::PreTraining : weights.has("classifier.weight") ? HieraUse::Classification : HieraUse::Model;
}

class HieraModel : public FamilyModel {
public:
    HieraModel(ModelConfig& config, ModelWeights& weights);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    void addStates(NamedTensors& outputs, const at::Tensor& embedded, const std::vector<Hiera::Stage>& stages, const at::Tensor& kept,
                   Sides units) const;
    void addReconstruction(NamedTensors& outputs, const at::Tensor& pixels, const HieraUnits& units, const std::vector<Hiera::Stage>& stages);
    void addPooled(NamedTensors& outputs, const at::Tensor& tokens, const at::Tensor& labels) const;
    at::Tensor positionsAt(const std::string& name, std::int64_t patchHeight, std::int64_t patchWidth, std::int64_t height, std::int64_t width) const;
    void fillHead();

    HieraUse use_;
    Hiera::Params params_;
    TransformerHead::Params headParams_;
    ImageInput input_;
    double maskRatio_;
    bool normalizesTarget_;
    std::string statisticsFrom_, problemType_;
    WeightMap weights_;
    std::shared_ptr<Hiera> encoder_;
    std::shared_ptr<TransformerHead> head_;  // with pre-training
    std::shared_ptr<Norm> poolNorm_;         // without
    OuterLinear classifier_;
};

HieraModel::HieraModel(ModelConfig& config, ModelWeights& weights)
    : use_(useOf(config, weights)),
      params_(readHieraParams(config)),
      input_(readHieraInput(config, params_)),
      maskRatio_(config.get<double>("mask_ratio", 0.6)),
      normalizesTarget_(config.get<bool>("normalize_pixel_loss", true)),
      weights_(weights) {
    const bool preTraining = use_ == HieraUse::PreTraining;
    params_.fuses = preTraining;
    statisticsFrom_ = readStatistics(config, ImageStatistics::imageNet(), input_);
    weights.dropPrefix("hiera.");
    mapHieraEncoder(weights_, params_);
    encoder_ = std::make_shared<Hiera>(params_, InputSpec{input_});
    weights_.fill(*encoder_, kEncoder);
    encoder_->eval();
    if (preTraining) {
        if (maskRatio_ < 0.0 || maskRatio_ >= 1.0) config.refuse("mask_ratio", "at least 0 and less than 1");
        if (input_.patchHeight != input_.patchWidth) config.refuse("patch_stride", "one side, since the decoder predicts squares");
        headParams_ = readHieraDecoder(config, params_);
        fillHead();
        return;
    }
    config.ignore({"decoder_hidden_size", "decoder_depth", "decoder_num_heads"});
    WeightMap last(weights);
    last.linear("norm", "pooler.layernorm");
    poolNorm_ = std::make_shared<Norm>("layer", encoder_->width(), params_.normEps);
    last.fill(*poolNorm_, "norm.");
    if (use_ != HieraUse::Classification) return;
    classifier_ = OuterLinear::take(weights, "classifier", encoder_->width());
    problemType_ = config.get<std::string>("problem_type", "");
}

void HieraModel::fillHead() {
    mapHieraDecoder(weights_, kHead, headParams_, input_);
    const InputSpec spec{input_};
    head_ = std::make_shared<TransformerHead>(headParams_, HeadContext{spec, encoder_->width(), input_.patchValues()});
    weights_.fill(*head_, kHead);
    head_->eval();
}

at::Tensor HieraModel::positionsAt(const std::string& name, std::int64_t patchHeight, std::int64_t patchWidth, std::int64_t height,
                                   std::int64_t width) const {
    return resizePositions(weights_.find(name), input_.height / patchHeight, input_.width / patchWidth, height / patchHeight, width / patchWidth);
}

void HieraModel::addStates(NamedTensors& outputs, const at::Tensor& embedded, const std::vector<Hiera::Stage>& stages, const at::Tensor& kept,
                           Sides units) const {
    const auto add = [&](std::size_t number, const at::Tensor& tokens, std::int64_t poolings) {
        outputs.emplace_back(fmt::format("hidden_states.{}", number), tokens);
        const at::Tensor maps = encoder_->unitMaps(tokens, poolings);
        outputs.emplace_back(fmt::format("reshaped_hidden_states.{}", number), kept.defined() ? maps : joinUnits(maps, units.height, units.width));
    };
    add(0, embedded, 0);
    for (std::size_t i = 0; i < stages.size(); ++i) {
        add(i + 1, stages[i].tokens, encoder_->poolingsBy(i));
        outputs.emplace_back(fmt::format("attentions.{}", i), stages[i].attention.transpose(1, 2).contiguous());
    }
}

void HieraModel::addReconstruction(NamedTensors& outputs, const at::Tensor& pixels, const HieraUnits& units,
                                   const std::vector<Hiera::Stage>& stages) {
    const Hiera::Pair unit = params_.unitSides(params_.pools);
    const std::int64_t batch = pixels.size(0), rows = input_.gridRows() / unit.rows, columns = input_.gridColumns() / unit.columns;
    // Kept tokens in image order: units put back to their places, and taken out again token by token.
    const at::Tensor maps = encoder_->unitMaps(encoder_->fuse(stages), params_.pools);
    const at::Tensor places = units.kept.view({batch, -1, 1, 1, 1}).expand(maps.sizes());
    const at::Tensor all = at::zeros({batch, rows * columns, unit.rows, unit.columns, maps.size(4)}).scatter(1, places, maps);
    const at::Tensor visible =
        joinUnits(units.visible.view({batch, rows * columns, 1, 1, 1}).expand({batch, rows * columns, unit.rows, unit.columns, 1}).to(at::kFloat),
                  rows, columns)
            .reshape({batch, -1});
    const TokenSplit split = splitTokens(1 - visible, {});
    Features features;
    features.dropped = true;
    features.geometry = Geometry::grid(batch, {input_.gridRows(), input_.gridColumns()});
    features.tokens = takeTokens(joinUnits(all, rows, columns).flatten(1, 2), split.visible);

    const at::Tensor predicted = head_->forward(features, &split, TokenChoice::All);
    at::Tensor target = patchify(pixels, input_.patchHeight, input_.patchWidth);
    if (normalizesTarget_) target = (target - target.mean(-1, true)) / (target.var(at::IntArrayRef{-1}, true, true) + kVarianceEps).sqrt();
    const at::Tensor hidden = visible.lt(0.5);
    outputs.emplace_back("loss", (predicted - target).square().mean(-1).masked_select(hidden).mean());
    outputs.emplace_back("logits", toHieraOrder(predicted, input_));
    outputs.emplace_back("bool_masked_pos", hidden.logical_not());
    outputs.emplace_back("ids_restore", units.idsRestore);
}

void HieraModel::addPooled(NamedTensors& outputs, const at::Tensor& tokens, const at::Tensor& labels) const {
    const at::Tensor pooled = poolNorm_->forward(tokens.mean(1));
    if (use_ == HieraUse::Model) {
        outputs.emplace_back("last_hidden_state", tokens);
        outputs.emplace_back("pooler_output", pooled);
        return;
    }
    const at::Tensor logits = classifier_.apply(pooled);
    outputs.emplace_back("logits", logits);
    if (labels.defined()) outputs.emplace_back("loss", classifierLoss(logits, labels, problemType_));
}

NamedTensors HieraModel::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("pixel_values").to(at::kFloat);
    const bool preTraining = use_ == HieraUse::PreTraining;
    const Hiera::Pair unit = params_.unitSides(0);
    const std::int64_t unitHeight = unit.rows * params_.stemStride.rows, unitWidth = unit.columns * params_.stemStride.columns;
    if (pixels.dim() != 4 || pixels.size(1) != input_.channels || pixels.size(2) % unitHeight != 0 || pixels.size(3) % unitWidth != 0 ||
        (preTraining && (pixels.size(2) != input_.height || pixels.size(3) != input_.width)))
        throw DataError(fmt::format("pixel_values have the shape [{}], expected [B, {}, {}]", fmt::join(pixels.sizes(), ", "), input_.channels,
                                    preTraining ? fmt::format("{}, {}", input_.height, input_.width)
                                                : fmt::format("a multiple of {}, a multiple of {}", unitHeight, unitWidth)));
    const Sides grid{pixels.size(2) / unitHeight, pixels.size(3) / unitWidth};
    HieraUnits units;
    const at::Tensor noise = preTraining ? inputs.require("noise") : inputs.find("noise");  // without a decoder it has no effect
    if (preTraining) {
        if (noise.dim() != 2 || noise.size(0) != pixels.size(0) || noise.size(1) != grid.height * grid.width)
            throw DataError(fmt::format("noise has the shape [{}], expected [{}, {}], one number a mask unit", fmt::join(noise.sizes(), ", "),
                                        pixels.size(0), grid.height * grid.width));
        units = keepUnits(noise, maskRatio_);
    }
    const at::Tensor positions = positionsAt(kPositions, params_.stemStride.rows, params_.stemStride.columns, pixels.size(2), pixels.size(3));
    const at::Tensor embedded = encoder_->embed(pixels, units.kept, {}, positions);
    Features untapped;
    const std::vector<Hiera::Stage> stages = encoder_->runStages(embedded, {}, {.attentions = true}, untapped);
    NamedTensors outputs;
    if (preTraining)
        addReconstruction(outputs, pixels, units, stages);
    else
        addPooled(outputs, stages.back().tokens, use_ == HieraUse::Classification ? inputs.find("labels") : at::Tensor());
    addStates(outputs, embedded, stages, units.kept, grid);
    return outputs;
}

IdentityCard HieraModel::card() const {
    IdentityCard card;
    const bool preTraining = use_ == HieraUse::PreTraining;
    card.title = preTraining ? "Hiera with a masked autoencoder's decoder" : use_ == HieraUse::Classification ? "Hiera with a classifier" : "Hiera";
    card.add("Architecture", fmt::format("Hiera, stages of {} blocks, width {} to {}, {} heads", fmt::join(params_.depths, ", "), params_.width,
                                         encoder_->width(), fmt::join(params_.heads, ", ")));
    card.add("Input", fmt::format("{} x {} pixels (height x width), {} channels", input_.height, input_.width, input_.channels));
    card.add("Patch", fmt::format("{} x {} pixels in the last stage", input_.patchHeight, input_.patchWidth));
    const Hiera::Pair unit = params_.unitSides(0);
    card.add("Mask units", fmt::format("{} x {} pixels", unit.rows * params_.stemStride.rows, unit.columns * params_.stemStride.columns));
    card.add("Normalisation", statisticsFrom_);
    card.add("Positions", "a learned table at the first patches");
    if (preTraining) {
        card.add("Mask ratio", fmt::format("{}", maskRatio_));
        card.add("Decoder", blocksOf(headParams_.transformer.depth, headParams_.transformer.width));
        card.add("Target", normalizesTarget_ ? "pixels, every patch normalised" : "pixels");
    } else {
        card.add("Decoder", "none");
    }
    if (use_ == HieraUse::Classification) card.add("Classes", std::to_string(classifier_.weight.size(0)));
    if (!preTraining)
        card.worksNot.push_back("It cannot reconstruct: the file holds no decoder.");
    else if (params_.unitSides(params_.pools).area() == 1)
        card.works.push_back("It reconstructs images from the mask units that stay visible.");
    else
        card.worksNot.push_back("It cannot be shown reconstructing: its mask units end as several tokens each.");
    card.works.push_back("Its features and the attention of its last stage can be looked at.");
    return card;
}

std::optional<ForeignModel> HieraModel::asMethod(const std::optional<Sides>& size) const {
    ImageInput input = input_;
    const Hiera::Pair unit = params_.unitSides(0);
    const std::int64_t unitHeight = unit.rows * params_.stemStride.rows, unitWidth = unit.columns * params_.stemStride.columns;
    if (size) {
        input.height = size->height / unitHeight * unitHeight;
        input.width = size->width / unitWidth * unitWidth;
    }
    if (input.height == 0 || input.width == 0) return std::nullopt;
    MethodParts parts{.id = "hiera", .name = "Hiera checkpoint", .input = imageInputTable(input), .encoder = hieraTable(params_)};
    const bool reconstructs = head_ != nullptr && params_.unitSides(params_.pools).area() == 1;
    if (reconstructs) {
        parts.encoder.set("sees", "visible");
        parts.mask = Value(Value::Table{{"strategy", "random"}, {"ratio", maskRatio_}});
        parts.target = Value(Value::Table{{"kind", "pixel"}, {"normalize", normalizesTarget_}});
        parts.head = transformerTable("transformer", headParams_.transformer, TransformerParams());
        parts.head.set("positions", "learned");
        parts.loss = Value(Value::Table{{"kind", "mse"}, {"on", "hidden"}});
    }
    ForeignModel model{methodRecipe(parts), {}};
    for (const auto& [name, value] : weights_.tensors()) {
        if (!reconstructs && !name.starts_with(kEncoder)) continue;
        const bool first = name == kPositions;
        const std::int64_t patchHeight = first ? params_.stemStride.rows : input.patchHeight,
                           patchWidth = first ? params_.stemStride.columns : input.patchWidth;
        const bool isTable = first || name == kHeadPositions;
        model.weights.emplace_back(name, isTable ? positionsAt(name, patchHeight, patchWidth, input.height, input.width) : value);
    }
    return model;
}

}  // namespace

std::unique_ptr<FamilyModel> openHiera(ModelConfig& config, ModelWeights& weights) { return std::make_unique<HieraModel>(config, weights); }

}  // namespace maskscope
