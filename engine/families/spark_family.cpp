#include "families/spark_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "encoders/encoder.h"
#include "families/image_statistics.h"
#include "families/recipe_tables.h"
#include "families/weight_map.h"
#include "heads/head.h"
#include "losses/loss.h"
#include "targets/target.h"
#include "tensor/patches.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

const std::string kEncoder = "encoder.", kHead = "head_reconstruction.", kHiddenRole = "hidden";
const double kMaskRatio = 0.6;  // of the authors' code

struct Settings {
    ImageInput input;
    std::vector<std::int64_t> depths;
    Value encoder;  // its table
    Value head;     // none: the file holds no decoder
    bool resNet = false, bottleneck = false, layerScale = false;
    std::string statisticsFrom;
};

Settings readSettings(ModelConfig& config) {
    Settings s;
    s.depths = config.require<std::vector<std::int64_t>>("depths");
    if (s.depths.empty()) config.refuse("depths", "a number a stage");
    s.resNet = config.choice("encoder", "resnet", {"resnet", "convnext"}) == "resnet";
    std::int64_t stem = 4;
    if (s.resNet) {
        s.bottleneck = config.get<bool>("bottleneck", true);
        s.encoder = Value(Value::Table{{"kind", "resnet"},
                                       {"block", s.bottleneck ? "bottleneck" : "basic"},
                                       {"depths", integerList(s.depths)},
                                       {"width", config.get<std::int64_t>("width", 64)}});
    } else {
        stem = config.get<std::int64_t>("patch_size", 4);
        s.layerScale = config.get<bool>("layer_scale", true);
        s.encoder = Value(Value::Table{{"kind", "convnext_v2"},
                                       {"stem_patch", stem},
                                       {"depths", integerList(s.depths)},
                                       {"widths", integerList(config.require<std::vector<std::int64_t>>("widths"))},
                                       {"response_norm", false},
                                       {"layer_scale", s.layerScale ? 1e-6 : 0.0}});
    }
    const auto decoderWidth = config.get<std::int64_t>("decoder_width", 0);
    const std::string norm = config.choice("densify_norm", "bn", {"bn", "ln"});
    if (decoderWidth > 0) s.head = Value(Value::Table{{"kind", "pyramid"}, {"width", decoderWidth}, {"norm", norm == "bn" ? "batch" : "layer"}});
    s.input.channels = config.get<std::int64_t>("num_channels", 3);
    s.input.height = s.input.width = config.get<std::int64_t>("image_size", 224);
    s.input.patchHeight = s.input.patchWidth = stem << (s.depths.size() - 1);
    s.statisticsFrom = readStatistics(config, ImageStatistics::imageNet(), s.input);
    return s;
}

/// Weight, bias, and running mean and variance where they have them.
void mapNorm(WeightMap& map, const std::string& ours, const std::string& theirs) {
    map.linear(ours, theirs);
    for (const char* part : {".running_mean", ".running_var"})
        if (map.weights().has(theirs + part)) map.move(ours + part, theirs + part);
}

void mapResNet(WeightMap& map, const Settings& s) {
    map.linear(kEncoder + "stem", "conv1");
    mapNorm(map, kEncoder + "stem_norm", "bn1");
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < s.depths.size(); ++stage)
        for (std::int64_t i = 0; i < s.depths[stage]; ++i, ++number) {
            const std::string ours = fmt::format("{}block{}.", kEncoder, number), theirs = fmt::format("layer{}.{}.", stage + 1, i);
            for (int n = 1; n <= (s.bottleneck ? 3 : 2); ++n) {
                map.linear(ours + fmt::format("conv{}", n), theirs + fmt::format("conv{}", n));
                mapNorm(map, ours + fmt::format("norm{}", n), theirs + fmt::format("bn{}", n));
            }
            if (!map.weights().has(theirs + "downsample.0.weight")) continue;
            map.linear(ours + "shortcut", theirs + "downsample.0");
            mapNorm(map, ours + "shortcut_norm", theirs + "downsample.1");
        }
}

void mapConvNext(WeightMap& map, const Settings& s) {
    map.linear(kEncoder + "stem", "downsample_layers.0.0");
    map.linear(kEncoder + "stem_norm", "downsample_layers.0.1");
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < s.depths.size(); ++stage) {
        if (stage > 0) {
            map.linear(fmt::format("{}down{}_norm", kEncoder, stage), fmt::format("downsample_layers.{}.0", stage));
            map.linear(fmt::format("{}down{}", kEncoder, stage), fmt::format("downsample_layers.{}.1", stage));
        }
        for (std::int64_t i = 0; i < s.depths[stage]; ++i, ++number) {
            const std::string ours = fmt::format("{}block{}.", kEncoder, number), theirs = fmt::format("stages.{}.{}.", stage, i);
            map.linear(ours + "depthwise", theirs + "dwconv");
            map.linear(ours + "norm", theirs + "norm");
            map.linear(ours + "fc1", theirs + "pwconv1");
            map.linear(ours + "fc2", theirs + "pwconv2");
            if (s.layerScale) map.move(ours + "scale1", theirs + "gamma");
        }
    }
}

void mapDecoder(WeightMap& map) {
    for (int i = 0; map.weights().has(fmt::format("mask_tokens.{}", i)); ++i) {
        const std::string ours = fmt::format("{}map{}_", kHead, i);
        map.flattened(ours + "mask_token", fmt::format("mask_tokens.{}", i));
        mapNorm(map, ours + "norm", fmt::format("densify_norms.{}", i));
        if (map.weights().has(fmt::format("densify_projs.{}.weight", i))) map.linear(ours + "projection", fmt::format("densify_projs.{}", i));
    }
    for (int i = 0; map.weights().has(fmt::format("dense_decoder.dec.{}.up_sample.weight", i)); ++i) {
        const std::string ours = fmt::format("{}block{}_", kHead, i), theirs = fmt::format("dense_decoder.dec.{}.", i);
        map.linear(ours + "up", theirs + "up_sample");
        map.linear(ours + "conv1", theirs + "conv.0");
        mapNorm(map, ours + "norm1", theirs + "conv.1");
        map.linear(ours + "conv2", theirs + "conv.3");
        mapNorm(map, ours + "norm2", theirs + "conv.4");
    }
    map.linear(kHead + "predict", "dense_decoder.proj");
    for (const char* unused : {"imn_m", "imn_s", "norm_black"})
        if (map.weights().has(unused)) map.weights().ignore(unused);
}

class SparkModel : public FamilyModel {
public:
    SparkModel(Settings settings, WeightMap weights) : s_(std::move(settings)), weights_(std::move(weights)) { networksAt(s_.input); }

    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    /// Its networks, for images of one size.
    struct Networks {
        ImageInput input;
        std::shared_ptr<Encoder> encoder;
        std::shared_ptr<Head> head;  // none: the file holds no decoder
    };
    const Networks& networksAt(const ImageInput& input);
    ImageInput inputAt(const Sides& sides) const;
    void addReconstruction(NamedTensors& outputs, const Networks& networks, const Features& features, const View& view, const MaskPlan& plan) const;

    Settings s_;
    WeightMap weights_;
    Networks networks_;
};

const SparkModel::Networks& SparkModel::networksAt(const ImageInput& input) {
    if (networks_.encoder && networks_.input.height == input.height && networks_.input.width == input.width) return networks_;
    const InputSpec spec{input};
    networks_ = {input, makeEncoderRegistry().make(s_.encoder, "encoder", "kind", spec), nullptr};
    weights_.fill(*networks_.encoder, kEncoder);
    networks_.encoder->eval();
    if (s_.head.isNone()) return networks_;
    networks_.head = makeHeadRegistry().make(s_.head, "head", "kind",
                                             HeadContext{spec, networks_.encoder->width(), input.patchValues(), networks_.encoder->mapWidths()});
    weights_.fill(*networks_.head, kHead);
    networks_.head->eval();
    return networks_;
}

ImageInput SparkModel::inputAt(const Sides& sides) const {
    ImageInput input = s_.input;
    input.height = sides.height / input.patchHeight * input.patchHeight;
    input.width = sides.width / input.patchWidth * input.patchWidth;
    if (input.height == 0 || input.width == 0)
        throw DataError(fmt::format("images of {} x {} pixels vanish on the way: the last map has one place for {} x {}", sides.height, sides.width,
                                    input.patchHeight, input.patchWidth));
    return input;
}

NamedTensors SparkModel::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("inp_bchw").to(at::kFloat), active = inputs.find("active_b1ff");
    if (pixels.dim() != 4 || pixels.size(1) != s_.input.channels)
        throw DataError(fmt::format("inp_bchw has the shape {}, expected [B, {}, height, width]", shapeText(pixels), s_.input.channels));
    const Networks& networks = networksAt(inputAt({pixels.size(2), pixels.size(3)}));
    const ImageInput& input = networks.input;
    View view;
    view.tensors["pixels"] = pixels.narrow(2, 0, input.height).narrow(3, 0, input.width);
    view.geometry = Geometry::grid(pixels.size(0), {input.gridRows(), input.gridColumns()});
    MaskPlan plan;
    if (active.defined()) {
        if (active.numel() != pixels.size(0) * input.patches())
            throw DataError(fmt::format("active_b1ff has the shape {}, expected [{}, 1, {}, {}]", shapeText(active), pixels.size(0), input.gridRows(),
                                        input.gridColumns()));
        plan.add({.role = kHiddenRole, .hidden = 1 - active.to(at::kFloat).reshape({pixels.size(0), input.patches()})});
    }
    const Corruption corruption{.kind = active.defined() ? CorruptionKind::Sparse : CorruptionKind::None, .role = kHiddenRole};
    const Features features = networks.encoder->forward(view, plan, corruption, {});
    NamedTensors outputs;
    for (std::size_t i = 0; i < features.maps.size(); ++i)
        outputs.emplace_back(fmt::format("hidden_states.{}", i), features.maps[i].permute({0, 3, 1, 2}).contiguous());
    if (networks.head) addReconstruction(outputs, networks, features, view, plan);
    return outputs;
}

void SparkModel::addReconstruction(NamedTensors& outputs, const Networks& networks, const Features& features, const View& view,
                                   const MaskPlan& plan) const {
    const bool masked = !plan.masks().empty();
    const at::Tensor said = networks.head->forward(features, masked ? &plan.split(kHiddenRole) : nullptr, TokenChoice::All);
    outputs.emplace_back("reconstruction", unpatchify(said, networks.input));
    if (!masked) return;
    const InputSpec spec{networks.input};
    const auto target = makeTargetRegistry().make(Value(Value::Table{{"kind", "pixel"}, {"normalize", true}}), "target", "kind", TargetContext{spec});
    const auto loss = makeLossRegistry().make(Value(Value::Table{{"kind", "mse"}}), "loss", "kind");
    outputs.emplace_back("loss", loss->compute({said, target->compute({.view = view}), plan.mask(kHiddenRole).hidden}));
}

IdentityCard SparkModel::card() const {
    IdentityCard card;
    card.title = fmt::format("SparK's {}", s_.resNet ? "ResNet" : "ConvNeXt");
    std::int64_t blocks = 0;
    for (const std::int64_t depth : s_.depths) blocks += depth;
    card.add("Architecture", fmt::format("{}, {} blocks in {} stages", s_.resNet ? "ResNet" : "ConvNeXt", blocks, s_.depths.size()));
    card.add("Input", fmt::format("images whose sides {0} divides, {1} channels; trained for {2} x {2}", s_.input.patchHeight, s_.input.channels,
                                  s_.input.height));
    card.add("Normalisation", s_.statisticsFrom);
    card.add("Positions", "none; convolutions know what lies beside what");
    card.works.push_back("Its features can be looked at.");
    card.worksNot.push_back("It has no attention to show.");
    if (s_.head.isNone()) {
        card.add("Decoder", "none");
        card.worksNot.push_back("It cannot reconstruct: the file holds no decoder; SparK's file with decoder can.");
        return card;
    }
    card.add("Mask", fmt::format("random, {:g} % of the patches are left out of every convolution", 100 * kMaskRatio));
    card.add("Decoder", fmt::format("from all maps down to pixels, {} channels at the coarsest", s_.head.find("width")->asInteger()));
    card.add("Target", "pixels, normalised a patch");
    card.works.push_back("It reconstructs the pixels of hidden patches.");
    card.worksNot.push_back("The brightness and contrast of hidden patches are not predicted; pictures borrow them from visible patches.");
    return card;
}

std::optional<ForeignModel> SparkModel::asMethod(const std::optional<Sides>& size) const {
    MethodParts parts{.id = "spark", .name = "SparK checkpoint", .input = imageInputTable(size ? inputAt(*size) : s_.input), .encoder = s_.encoder};
    if (!s_.head.isNone()) {
        parts.encoder.set("sees", "sparse");
        parts.mask = Value(Value::Table{{"strategy", "random"}, {"ratio", kMaskRatio}});
        parts.target = Value(Value::Table{{"kind", "pixel"}, {"normalize", true}});
        parts.head = s_.head;
        parts.loss = Value(Value::Table{{"kind", "mse"}, {"on", "hidden"}});
    }
    return ForeignModel{methodRecipe(parts), weights_.tensors()};
}

}  // namespace

std::unique_ptr<FamilyModel> openSpark(ModelConfig& config, ModelWeights& weights) {
    Settings settings = readSettings(config);
    WeightMap map(weights);
    (settings.resNet ? mapResNet : mapConvNext)(map, settings);
    if (!settings.head.isNone()) mapDecoder(map);
    weights.ignoreEnding("num_batches_tracked");
    return std::make_unique<SparkModel>(std::move(settings), std::move(map));
}

}  // namespace maskscope
