#include "families/vit_mae_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/noise_mask.h"
#include "families/opened_vit.h"
#include "families/recipe_tables.h"
#include "families/vit_names.h"
#include "families/words.h"
#include "heads/head.h"
#include "layers/position_resize.h"
#include "losses/loss.h"
#include "targets/target.h"
#include "tensor/gather.h"
#include "tensor/patches.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

const std::string kHead = "head_reconstruction.";
const std::string kDecoderPositions = kHead + "pos_embed.table";

struct Settings {
    TransformerParams encoder, decoder;
    ImageInput input;
    std::string statisticsFrom;
    double maskRatio = 0.75;
    bool normalizesTarget = false, hasDecoder = true;
};

Settings readSettings(ModelConfig& config, const ModelWeights& weights) {
    Settings s;
    const std::string name = config.className();
    if (!name.empty() && name != "ViTMAEForPreTraining" && name != "ViTMAEModel")
        config.refuse("architectures", "ViTMAEForPreTraining or ViTMAEModel");
    s.hasDecoder = name.empty() ? weights.has("decoder.decoder_pred.weight") : name == "ViTMAEForPreTraining";
    s.encoder = readVitTransformer(config);
    s.decoder = s.encoder;
    s.decoder.width = config.get<std::int64_t>("decoder_hidden_size", 512);
    s.decoder.depth = config.get<std::int64_t>("decoder_num_hidden_layers", 8);
    s.decoder.heads = config.get<std::int64_t>("decoder_num_attention_heads", 16);
    s.decoder.mlpWidth = config.get<std::int64_t>("decoder_intermediate_size", 2048);
    if (s.decoder.heads < 1 || s.decoder.width % s.decoder.heads != 0)
        config.refuse("decoder_num_attention_heads", fmt::format("a divisor of decoder_hidden_size = {}", s.decoder.width));
    s.input = readVitInput(config);
    s.statisticsFrom = readStatistics(config, ImageStatistics::imageNet(), s.input);
    s.maskRatio = config.get<double>("mask_ratio", 0.75);
    if (s.maskRatio < 0.0 || s.maskRatio >= 1.0) config.refuse("mask_ratio", "0 <= ratio < 1");
    s.normalizesTarget = config.get<bool>("norm_pix_loss", false);
    return s;
}

Value encoderTable(const Settings& s) {
    Value table = transformerTable("vit", s.encoder, {});
    table.set("positions", "learned");
    return table;
}

Value headTable(const Settings& s) {
    Value table = transformerTable("transformer", s.decoder, {});
    table.set("positions", "learned");
    return table;
}

void mapDecoder(WeightMap& map, const Settings& s) {
    const at::Tensor places = map.weights().take("decoder.decoder_pos_embed").reshape({-1, s.decoder.width});
    map.linear(kHead + "embed", "decoder.decoder_embed");
    mapToken(map, kHead + "mask_token", "decoder.mask_token", {});
    map.add(kHead + "prefix_position", places[0], "decoder.decoder_pos_embed");
    map.add(kDecoderPositions, places.narrow(0, 1, places.size(0) - 1), "decoder.decoder_pos_embed");
    const bool newNames = map.weights().has("decoder.decoder_encoder.layer.0.layernorm_before.weight");
    for (std::int64_t i = 0; i < s.decoder.depth; ++i)
        mapVitBlock(map, fmt::format("{}transformer.block{}", kHead, i),
                    fmt::format("decoder.{}.{}", newNames ? "decoder_encoder.layer" : "decoder_layers", i));
    map.linear(kHead + "transformer.norm", "decoder.decoder_norm");
    map.linear(kHead + "predict", "decoder.decoder_pred");
}

WeightMap mapWeights(const Settings& s, ModelWeights weights) {
    weights.dropPrefix("vit.");
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "embeddings.patch_embeddings.projection");
    const at::Tensor places = mapPositions(map, "embeddings.position_embeddings", 1);
    mapToken(map, "encoder.cls_token", "embeddings.cls_token", places[0]);
    for (std::int64_t i = 0; i < s.encoder.depth; ++i) mapVitBlock(map, fmt::format("encoder.transformer.block{}", i), vitLayer(map.weights(), i));
    map.linear("encoder.transformer.norm", "layernorm");
    if (s.hasDecoder) mapDecoder(map, s);
    return map;
}

/// The tokens of a pass in the order of their noise, which is MAE's own. @param x  [B, 1 + K, D]
at::Tensor inOrderOfNoise(const at::Tensor& x, const NoiseMask& mask) {
    return at::cat({x.narrow(1, 0, 1), takeTokens(x.narrow(1, 1, x.size(1) - 1), mask.keptRanks)}, 1);
}

/// The same for queries and keys. @param x  [B, heads, 1 + K, 1 + K]
at::Tensor attentionInOrderOfNoise(const at::Tensor& x, const NoiseMask& mask) {
    const at::Tensor order = at::cat({at::zeros({x.size(0), 1}, at::kLong), mask.keptRanks + 1}, 1);
    const auto rows = order.view({x.size(0), 1, -1, 1}).expand_as(x), columns = order.view({x.size(0), 1, 1, -1}).expand_as(x);
    return x.gather(2, rows).gather(3, columns);
}

class VitMaeModel : public FamilyModel {
public:
    VitMaeModel(Settings settings, WeightMap map) : s_(std::move(settings)), vit_(encoderTable(s_), s_.input, std::move(map)) {
        if (s_.hasDecoder) headAt(s_.input);
    }

    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    /// MAE's code lets the decoder's positions grow along the flat row of patches.
    at::Tensor decoderPositionsAt(const ImageInput& input) const {
        return resizePositions(vit_.weights().find(kDecoderPositions), 1, s_.input.patches(), 1, input.patches());
    }
    Head& headAt(const ImageInput& input);
    void addPrediction(NamedTensors& outputs, const Features& features, const at::Tensor& pixels, const ImageInput& input, const MaskPlan& plan,
                       const at::Tensor& hidden);

    Settings s_;
    OpenedVit vit_;
    std::shared_ptr<Head> head_;
    Sides headSides_;
};

Head& VitMaeModel::headAt(const ImageInput& input) {
    const Sides sides{input.height, input.width};
    if (head_ && sides == headSides_) return *head_;
    const InputSpec spec{input};
    head_ = makeHeadRegistry().make(headTable(s_), "head", "kind", HeadContext{spec, s_.encoder.width, input.patchValues()});
    WeightMap sized = vit_.weights();
    sized.replace(kDecoderPositions, decoderPositionsAt(input));
    sized.fill(*head_, kHead);
    head_->eval();
    headSides_ = sides;
    return *head_;
}

void VitMaeModel::addPrediction(NamedTensors& outputs, const Features& features, const at::Tensor& pixels, const ImageInput& input,
                                const MaskPlan& plan, const at::Tensor& hidden) {
    const TokenSplit* split = plan.masks().empty() ? nullptr : &plan.split("hidden");
    const at::Tensor logits = headAt(input).forward(features, split, TokenChoice::All);
    const InputSpec spec{input};
    const auto target =
        makeTargetRegistry().make(Value(Value::Table{{"kind", "pixel"}, {"normalize", s_.normalizesTarget}}), "target", "kind", TargetContext{spec});
    View view;
    view.tensors["pixels"] = pixels;
    const auto loss = makeLossRegistry().make(Value(Value::Table{{"kind", "mse"}}), "loss", "kind");
    outputs.emplace_back("logits", logits);
    outputs.emplace_back("loss", loss->compute({logits, target->compute({.view = view}), hidden}));
}

NamedTensors VitMaeModel::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("pixel_values").to(at::kFloat), noise = inputs.require("noise");
    inputs.find("interpolate_pos_encoding");  // positions are resized for other sizes in any case
    if (pixels.dim() != 4) throw DataError(fmt::format("pixel_values have the shape {}, expected [B, C, height, width]", shapeText(pixels)));
    const ImageInput input = vit_.inputAt({pixels.size(2), pixels.size(3)});
    if (noise.dim() != 2 || noise.size(0) != pixels.size(0) || noise.size(1) != input.patches())
        throw DataError(
            fmt::format("noise has the shape {}, expected [{}, {}], one value a patch", shapeText(noise), pixels.size(0), input.patches()));
    const NoiseMask mask = NoiseMask::of(noise, s_.maskRatio);
    MaskPlan plan;
    if (mask.kept() < input.patches()) plan.add({.hidden = mask.hidden});
    Features features = vit_.see(pixels, plan, CorruptionKind::Drop);

    NamedTensors outputs;
    if (s_.hasDecoder)
        addPrediction(outputs, features, pixels.narrow(2, 0, input.height).narrow(3, 0, input.width), input, plan, mask.hidden);
    else
        outputs.emplace_back("last_hidden_state", inOrderOfNoise(wholeSequence(features), mask));
    outputs.emplace_back("mask", mask.hidden);
    outputs.emplace_back("ids_restore", mask.idsRestore);
    features.embedded = inOrderOfNoise(features.embedded, mask);
    for (at::Tensor& layer : features.layers) layer = inOrderOfNoise(layer, mask);
    for (at::Tensor& attention : features.attentions) attention = attentionInOrderOfNoise(attention, mask);
    addStates(outputs, features);
    return outputs;
}

IdentityCard VitMaeModel::card() const {
    IdentityCard card;
    card.title = "ViT-MAE: " + blocksOf(s_.encoder.depth, s_.encoder.width);
    addVitFacts(card, s_.input, s_.encoder, s_.statisticsFrom);
    card.add("Mask", fmt::format("random, {:g} % of the patches are hidden and dropped", 100 * s_.maskRatio));
    card.add("Positions", "a vector for every patch, from the file");
    card.works.push_back(kLookedInto);
    if (!s_.hasDecoder) {
        card.add("Decoder", "none");
        card.worksNot.push_back(kNoDecoder);
        return card;
    }
    card.add("Decoder", fmt::format("{}, {} heads", blocksOf(s_.decoder.depth, s_.decoder.width), s_.decoder.heads));
    card.add("Target", s_.normalizesTarget ? "pixels, normalised a patch" : "plain pixels");
    card.works.push_back("It reconstructs the pixels of hidden patches.");
    if (s_.normalizesTarget)
        card.worksNot.push_back("The brightness and contrast of hidden patches are not predicted; pictures borrow them from visible patches.");
    return card;
}

std::optional<ForeignModel> VitMaeModel::asMethod(const std::optional<Sides>& size) const {
    const ImageInput input = size ? vit_.inputAt(*size) : s_.input;
    MethodParts parts;
    parts.id = "vit_mae";
    parts.name = "ViT-MAE checkpoint";
    parts.input = imageInputTable(input);
    parts.encoder = vit_.table();
    ForeignModel model{{}, vit_.tensorsAt(input)};
    if (s_.hasDecoder) {
        parts.encoder.set("sees", "visible");
        parts.mask = Value(Value::Table{{"strategy", "random"}, {"ratio", s_.maskRatio > 0.0 ? s_.maskRatio : 0.75}});
        parts.target = Value(Value::Table{{"kind", "pixel"}, {"normalize", s_.normalizesTarget}});
        parts.head = headTable(s_);
        parts.loss = Value(Value::Table{{"kind", "mse"}, {"on", "hidden"}});
        for (const auto& [name, value] : vit_.weights().tensors())
            if (name.starts_with(kHead)) model.weights.emplace_back(name, name == kDecoderPositions ? decoderPositionsAt(input) : value);
    }
    model.recipe = methodRecipe(parts);
    return model;
}

}  // namespace

std::unique_ptr<FamilyModel> openVitMae(ModelConfig& config, ModelWeights& weights) {
    Settings settings = readSettings(config, weights);
    WeightMap map = mapWeights(settings, weights);
    return std::make_unique<VitMaeModel>(std::move(settings), std::move(map));
}

}  // namespace maskscope
