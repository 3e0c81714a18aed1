#include "families/timm_vit_like.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "families/grid_bias_names.h"
#include "families/simmim_decoder.h"
#include "families/vit_names.h"
#include "families/words.h"
#include "layers/position_resize.h"

namespace maskscope {
namespace {

Value encoderTable(const Vit::Params& params) {
    Value table = transformerTable("vit", params.transformer, {});
    table.set("positions", params.positions);
    if (!params.cls) table.set("cls", false);
    if (params.registers > 0) table.set("registers", params.registers);
    if (!params.patchBias) table.set("patch_bias", false);
    if (params.embeddingNorm) table.set("embedding_norm", true);
    if (params.places.bias != "none") table.set("relative_bias", params.places.bias);
    if (!params.places.rotary) return table;
    table.set("rotary", true);
    table.set("rotary_base", params.places.rotaryBase);
    if (!params.places.rotaryGrid.empty()) table.set("rotary_grid", Value(Value::Array{params.places.rotaryGrid[0], params.places.rotaryGrid[1]}));
    return table;
}

OpenedVit::Resizing resizing(const ImageInput& from) {
    return [from](const std::string& name, const at::Tensor& value, const ImageInput& to) {
        if (isBiasTable(name)) return resizeBias(value, from, to, false);
        if (name != "encoder.pos_embed.table") return value;
        return resizePositions(value, from.gridRows(), from.gridColumns(), to.gridRows(), to.gridColumns(), true);
    };
}

class TimmVit : public FamilyModel {
public:
    TimmVit(TimmVitParts parts, WeightMap map, TimmTokenHead head)
        : parts_(std::move(parts)),
          head_(std::move(head)),
          vit_(encoderTable(parts_.params), parts_.input, std::move(map), true, resizing(parts_.input)) {}

    NamedTensors forward(ForwardInputs& inputs) override {
        return head_.outputs(vit_.see(inputs.require("pixel_values"), replacingPlan({}), CorruptionKind::None));
    }
    IdentityCard card() const override {
        const TransformerParams& p = parts_.params.transformer;
        IdentityCard card;
        card.title = fmt::format("{} of timm: {}", parts_.title, blocksOf(p.depth, p.width));
        addVitFacts(card, parts_.input, p, parts_.statisticsFrom);
        card.add("Positions", parts_.places);
        card.add("Head", head_.classes() > 0 ? fmt::format("a classifier of {} classes", head_.classes()) : "none");
        if (vit_.hasMaskToken()) card.add("Mask token", "yes");
        card.works.push_back(kLookedInto);
        if (parts_.drawsPixels)
            addSimMimFacts(card);
        else
            card.worksNot.push_back(kNoDecoder);
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& size) const override {
        const std::string name = parts_.title + " checkpoint";
        return parts_.drawsPixels ? simMimMethod(vit_, parts_.id, name, size) : vit_.asMethod(parts_.id, name, size);
    }

private:
    TimmVitParts parts_;
    TimmTokenHead head_;
    OpenedVit vit_;
};

void mapMlp(WeightMap& map, const TransformerParams& params, const std::string& ours, const std::string& theirs) {
    if (map.weights().has(theirs + "fc1_g.weight"))
        map.joinedLinear(ours + ".fc1", {theirs + "fc1_g", theirs + "fc1_x"});
    else
        map.linear(ours + ".fc1", theirs + "fc1");
    if (params.mlpNorm) map.linear(ours + ".mlp_norm", theirs + "norm");
    map.linear(ours + ".fc2", theirs + "fc2");
}

void mapAttention(WeightMap& map, const TransformerParams& params, const std::string& ours, const std::string& theirs) {
    const bool three = map.weights().has(theirs + "q_proj.weight");
    if (three)
        map.joined(ours + ".attn.qkv.weight", {theirs + "q_proj.weight", theirs + "k_proj.weight", theirs + "v_proj.weight"});
    else
        map.move(ours + ".attn.qkv.weight", theirs + "qkv.weight");
    if (params.qkvBias)
        for (const auto& [own, letter] : {std::pair{".attn.query_bias", "q"}, std::pair{".attn.value_bias", "v"}}) {
            const std::string apart = theirs + letter + "_proj.bias";
            map.move(ours + own, three && !map.weights().has(theirs + letter + "_bias") ? apart : theirs + letter + "_bias");
        }
    if (params.innerNorm) map.linear(ours + ".attn.norm", theirs + "norm");
    map.linear(ours + ".attn.proj", theirs + "proj");
}

}  // namespace

void readTimmVitArgs(ModelConfig& args, TransformerParams& p) {
    p.width = args.get<std::int64_t>("embed_dim", p.width);
    p.depth = args.get<std::int64_t>("depth", p.depth);
    p.heads = args.get<std::int64_t>("num_heads", p.heads);
    p.mlpRatio = args.get<double>("mlp_ratio", p.mlpRatio);
    p.qkvBias = args.get<bool>("qkv_bias", true);
    p.gatedMlp = args.get<bool>("swiglu_mlp", p.gatedMlp);
    p.mlpNorm = args.get<bool>("scale_mlp", p.mlpNorm);
    p.activation = p.gatedMlp ? "silu" : "gelu";
    p.keyBias = false;
    p.normEps = 1e-6;
    for (const auto& [key, value] : {std::pair{"embed_dim", p.width}, std::pair{"depth", p.depth}, std::pair{"num_heads", p.heads}})
        if (value < 1) args.refuse(key, "a number above 0");
    if (p.width % p.heads != 0) args.refuse("num_heads", fmt::format("a divisor of embed_dim = {}", p.width));
    p.mlpWidth = static_cast<std::int64_t>(static_cast<double>(p.width) * p.mlpRatio);
    if (p.mlpWidth < 1) args.refuse("mlp_ratio", "a number that leaves an MLP");
    ignoreTimmTraining(args);
}

void mapTimmBlocks(WeightMap& map, const TransformerParams& params) {
    for (std::int64_t i = 0; i < params.depth; ++i) {
        const std::string ours = fmt::format("encoder.transformer.block{}", i), theirs = fmt::format("blocks.{}.", i);
        for (const char* norm : {"norm1", "norm2"}) map.linear(ours + "." + norm, theirs + norm);
        mapAttention(map, params, ours, theirs + "attn.");
        mapMlp(map, params, ours, theirs + "mlp.");
        if (params.layerScale == 0.0) continue;
        map.move(ours + ".scale1", theirs + "gamma_1");
        map.move(ours + ".scale2", theirs + "gamma_2");
    }
    if (params.finalNorm) map.linear("encoder.transformer.norm", "norm");
}

void mapTimmEmbedding(WeightMap& map, const Vit::Params& params, bool placesOfPrefix) {
    map.linear("encoder.patch_embed", "patch_embed.proj");
    const std::int64_t cls = params.cls ? 1 : 0, count = placesOfPrefix ? cls + params.registers : 0;
    at::Tensor places;
    if (params.positions == "learned") places = mapPositions(map, "pos_embed", count);
    const bool added = places.defined() && count > 0;
    if (params.cls) mapToken(map, "encoder.cls_token", "cls_token", added ? places.select(0, 0) : at::Tensor());
    if (params.registers > 0) {
        map.reshaped("encoder.register_table", "reg_token", {params.registers, params.transformer.width});
        if (added) map.replace("encoder.register_table", map.find("encoder.register_table") + places.narrow(0, cls, params.registers));
    }
    if (params.embeddingNorm) map.linear("encoder.embedding_norm", "norm_pre");
}

std::unique_ptr<FamilyModel> makeTimmVit(TimmVitParts parts, WeightMap map, TimmTokenHead head) {
    return std::make_unique<TimmVit>(std::move(parts), std::move(map), std::move(head));
}

}  // namespace maskscope
