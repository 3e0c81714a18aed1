#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "families/image_statistics.h"
#include "families/opened_swin.h"
#include "families/recipe_tables.h"
#include "families/swin_family.h"
#include "families/timm_head.h"
#include "families/timm_token_head.h"

namespace maskscope {
namespace {

/// What an architecture's name says about it, for keys that `model_args` leaves out.
struct TimmSwin {
    const char* name;
    std::int64_t width;
    std::vector<std::int64_t> depths, heads, windows, knownWindows;
    std::int64_t side;  // of images
};

const std::vector<std::int64_t> kTiny{2, 2, 6, 2}, kDeep{2, 2, 18, 2}, kHeads96{3, 6, 12, 24}, kHeads128{4, 8, 16, 32}, kHeads192{6, 12, 24, 48};
const std::vector<std::int64_t> kNone{0, 0, 0, 0}, kFrom192{12, 12, 12, 6};

const std::vector<TimmSwin>& architectures() {
    static const std::vector<TimmSwin> all{
        {"swin_tiny_patch4_window7_224", 96, kTiny, kHeads96, {7}, kNone, 224},
        {"swin_small_patch4_window7_224", 96, kDeep, kHeads96, {7}, kNone, 224},
        {"swin_base_patch4_window7_224", 128, kDeep, kHeads128, {7}, kNone, 224},
        {"swin_base_patch4_window12_384", 128, kDeep, kHeads128, {12}, kNone, 384},
        {"swin_large_patch4_window7_224", 192, kDeep, kHeads192, {7}, kNone, 224},
        {"swin_large_patch4_window12_384", 192, kDeep, kHeads192, {12}, kNone, 384},
        {"swin_s3_tiny_224", 96, kTiny, kHeads96, {7, 7, 14, 7}, kNone, 224},
        {"swin_s3_small_224", 96, kDeep, kHeads96, {14, 14, 14, 7}, kNone, 224},
        {"swin_s3_base_224", 96, {2, 2, 30, 2}, kHeads96, {7, 7, 14, 7}, kNone, 224},
        {"swinv2_tiny_window8_256", 96, kTiny, kHeads96, {8}, kNone, 256},
        {"swinv2_tiny_window16_256", 96, kTiny, kHeads96, {16}, kNone, 256},
        {"swinv2_small_window8_256", 96, kDeep, kHeads96, {8}, kNone, 256},
        {"swinv2_small_window16_256", 96, kDeep, kHeads96, {16}, kNone, 256},
        {"swinv2_base_window8_256", 128, kDeep, kHeads128, {8}, kNone, 256},
        {"swinv2_base_window16_256", 128, kDeep, kHeads128, {16}, kNone, 256},
        {"swinv2_base_window12_192", 128, kDeep, kHeads128, {12}, kNone, 192},
        {"swinv2_base_window12to16_192to256", 128, kDeep, kHeads128, {16}, kFrom192, 256},
        {"swinv2_base_window12to24_192to384", 128, kDeep, kHeads128, {24}, kFrom192, 384},
        {"swinv2_large_window12_192", 192, kDeep, kHeads192, {12}, kNone, 192},
        {"swinv2_large_window12to16_192to256", 192, kDeep, kHeads192, {16}, kFrom192, 256},
        {"swinv2_large_window12to24_192to384", 192, kDeep, kHeads192, {24}, kFrom192, 384},
    };
    return all;
}

const TimmSwin& architectureOf(ModelConfig& config) {
    const auto name = config.require<std::string>("architecture");
    for (const TimmSwin& known : architectures())
        if (name.substr(0, name.find('.')) == known.name) return known;
    config.refuse("architecture", "a Swin Transformer of timm, such as swin_tiny_patch4_window7_224 or swinv2_tiny_window8_256");
}

/// One window for all stages, as a side or [rows, columns], or a side for every stage.
void readWindows(ModelConfig& args, const TimmSwin& known, Swin::Params& p) {
    std::vector<std::int64_t> sides = known.windows;
    if (args.isList("window_size"))
        sides = args.get<std::vector<std::int64_t>>("window_size", sides);
    else
        sides = args.has("window_size") ? std::vector<std::int64_t>{args.get<std::int64_t>("window_size", 0)} : sides;
    const bool pair = sides.size() == 2 && args.isList("window_size");
    if (!pair && sides.size() != 1 && sides.size() != p.stages()) args.refuse("window_size", "a side, [rows, columns], or one side for every stage");
    if (std::any_of(sides.begin(), sides.end(), [](std::int64_t side) { return side < 1; })) args.refuse("window_size", "sides of at least 1");
    p.windowRows.assign(p.stages(), sides.front());
    p.windowColumns.assign(p.stages(), pair ? sides.back() : sides.front());
    if (!pair && sides.size() == p.stages()) p.windowRows = p.windowColumns = sides;
}

Swin::Params readParams(ModelConfig& args, const TimmSwin& known, std::int64_t version) {
    Swin::Params p;
    const Sides patch = args.sides("patch_size", {4, 4});
    if (patch.height != patch.width || patch.height < 1) args.refuse("patch_size", "one side of at least 1 for height and width");
    p.stemPatch = patch.height;
    p.version = version;
    p.width = args.get<std::int64_t>("embed_dim", known.width);
    p.depths = args.get<std::vector<std::int64_t>>("depths", known.depths);
    p.heads = args.get<std::vector<std::int64_t>>("num_heads", known.heads);
    if (p.depths.empty() || p.heads.size() < p.stages())
        args.refuse("num_heads", fmt::format("{} numbers, one for every stage of depths", p.stages()));
    p.heads.resize(p.stages());
    readWindows(args, known, p);
    p.knownWindows = version == 2 ? args.get<std::vector<std::int64_t>>("pretrained_window_sizes", known.knownWindows) : kNone;
    p.knownWindows.resize(p.stages(), 0);
    p.windowFit = args.get<bool>("always_partition", false) ? "none" : "axis";
    if (version == 1) p.headWidth = args.get<std::int64_t>("head_dim", 0);
    p.mlpRatio = args.get<double>("mlp_ratio", 4.0);
    p.qkvBias = args.get<bool>("qkv_bias", true);
    p.activation = version == 2 ? args.activation("act_layer", "gelu") : "gelu";
    ignoreTimmTraining(args);
    return p;
}

void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs, const Swin::Params& params) {
    for (const char* norm : {".norm1", ".norm2"}) map.linear(ours + norm, theirs + norm);
    if (params.version == 2) {
        map.move(ours + ".attn.qkv.weight", theirs + ".attn.qkv.weight");
        if (params.qkvBias) {
            map.move(ours + ".attn.query_bias", theirs + ".attn.q_bias");
            map.move(ours + ".attn.value_bias", theirs + ".attn.v_bias");
        }
        map.flattened(ours + ".attn.logit_scale", theirs + ".attn.logit_scale");
        map.linear(ours + "_window.fc1", theirs + ".attn.cpb_mlp.0");
        map.move(ours + "_window.fc2.weight", theirs + ".attn.cpb_mlp.2.weight");
    } else {
        map.linear(ours + ".attn.qkv", theirs + ".attn.qkv");
        map.move(ours + "_window.table", theirs + ".attn.relative_position_bias_table");
    }
    map.linear(ours + ".attn.proj", theirs + ".attn.proj");
    map.linear(ours + ".fc1", theirs + ".mlp.fc1");
    map.linear(ours + ".fc2", theirs + ".mlp.fc2");
}

WeightMap mapEncoder(ModelWeights& weights, const Swin::Params& params) {
    WeightMap map(weights);
    map.linear("encoder.patch_embed", "patch_embed.proj");
    map.linear("encoder.embed_norm", "patch_embed.norm");
    // The authors' own files merge at the end of a stage, timm's at the beginning of the next.
    const std::size_t shift = weights.has("layers.0.downsample.reduction.weight") ? 0 : 1;
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < params.stages(); ++stage) {
        for (std::int64_t i = 0; i < params.depths[stage]; ++i, ++number)
            mapBlock(map, fmt::format("encoder.block{}", number), fmt::format("layers.{}.blocks.{}", stage, i), params);
        if (stage + 1 == params.stages()) continue;
        const std::string merging = fmt::format("layers.{}.downsample", stage + shift);
        map.linear(fmt::format("encoder.merge{}.norm", stage), merging + ".norm");
        map.move(fmt::format("encoder.merge{}.reduction.weight", stage), merging + ".reduction.weight");
    }
    map.linear("encoder.norm", "norm");
    for (const char* ending : {"relative_position_index", "relative_coords_table", "attn_mask", "k_bias"}) weights.ignoreEnding(ending);
    return map;
}

class TimmSwinModel : public FamilyModel {
public:
    TimmSwinModel(ModelConfig& config, ModelWeights& weights);
    NamedTensors forward(ForwardInputs& inputs) override;
    IdentityCard card() const override;
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override;

private:
    std::unique_ptr<OpenedSwin> swin_;
    TimmHead head_;
    std::string statisticsFrom_;
};

TimmSwinModel::TimmSwinModel(ModelConfig& config, ModelWeights& weights) {
    const TimmSwin& known = architectureOf(config);
    const std::int64_t version = std::string(known.name).starts_with("swinv2") ? 2 : 1;
    ModelConfig args = config.section("model_args");
    const Swin::Params params = readParams(args, known, version);
    ImageInput input = timmInput(config, {known.side, known.side}, {params.stemPatch, params.stemPatch});
    input.patchHeight = input.patchWidth = params.totalStride();
    statisticsFrom_ = readTimmStatistics(config, ImageStatistics::imageNet(), input);
    swin_ = std::make_unique<OpenedSwin>(params, input, mapEncoder(weights, params));
    head_ = TimmHead::take(config, weights, weights.has("head.weight") ? "head" : "head.fc", params.widthOf(params.stages() - 1), "avg");
    config.ignore({"num_features"});
}

NamedTensors TimmSwinModel::forward(ForwardInputs& inputs) {
    const at::Tensor pixels = inputs.require("pixel_values");
    const OpenedSwin::Seen seen = swin_->see(pixels, {});
    const StageTokens& last = seen.stages.back();
    NamedTensors outputs;
    outputs.emplace_back("features", seen.features.view({seen.features.size(0), last.rows, last.columns, seen.features.size(2)}));
    head_.addOutputs(outputs, seen.features);
    return outputs;
}

IdentityCard TimmSwinModel::card() const {
    IdentityCard card;
    card.title = fmt::format("Swin Transformer{} of timm", swin_->params().version == 2 ? " V2" : "");
    swin_->addFacts(card, statisticsFrom_);
    card.add("Decoder", "none");
    if (head_.classes() > 0) card.add("Classes", std::to_string(head_.classes()));
    card.works.push_back("Its features and the attention of its last stage can be looked at.");
    card.worksNot.push_back("It cannot reconstruct: the file holds no decoder.");
    return card;
}

std::optional<ForeignModel> TimmSwinModel::asMethod(const std::optional<Sides>& size) const {
    const std::optional<ImageInput> input = swin_->inputAt(size);
    if (!input) return std::nullopt;
    MethodParts parts{.id = "timm_swin", .name = "Swin checkpoint of timm", .input = imageInputTable(*input), .encoder = swin_->table()};
    return ForeignModel{methodRecipe(parts), swin_->tensorsAt(*input)};
}

}  // namespace

std::unique_ptr<FamilyModel> openTimmSwin(ModelConfig& config, ModelWeights& weights) { return std::make_unique<TimmSwinModel>(config, weights); }

}  // namespace maskscope
