#include "families/hiera_config.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "families/recipe_tables.h"

namespace maskscope {
namespace {

Hiera::Pair pairOf(ModelConfig& config, const char* key, std::int64_t standard, std::int64_t least) {
    const Sides sides = config.sides(key, {standard, standard});
    if (sides.height < least || sides.width < least) config.refuse(key, fmt::format("sides of at least {}", least));
    return {sides.height, sides.width};
}

std::int64_t tokensAlong(std::int64_t side, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    return (side + 2 * padding - kernel) / stride + 1;
}

/// A table [1, N, D] without its first dimension; another is left as it is, so that filling names it.
void mapTable(WeightMap& map, const std::string& ours, const std::string& theirs) {
    const at::Tensor table = map.weights().take(theirs);
    map.add(ours, table.dim() == 3 ? table.flatten(0, 1) : table, theirs);
}

void mapBlock(WeightMap& map, const std::string& ours, const std::string& theirs, const std::string& attention) {
    map.linear(ours + ".norm1", theirs + ".layernorm_before");
    map.linear(ours + attention + "qkv", theirs + ".attn.qkv");
    map.linear(ours + attention + "proj", theirs + ".attn.proj");
    map.linear(ours + ".norm2", theirs + ".layernorm_after");
    map.linear(ours + ".fc1", theirs + ".mlp.fc1");
    map.linear(ours + ".fc2", theirs + ".mlp.fc2");
}

}  // namespace

Hiera::Params readHieraParams(ModelConfig& config) {
    Hiera::Params p;
    p.stemKernel = pairOf(config, "patch_size", 7, 1);
    p.stemStride = pairOf(config, "patch_stride", 4, 1);
    p.stemPadding = pairOf(config, "patch_padding", 3, 0);
    p.width = config.get<std::int64_t>("embed_dim", 96);
    p.widthGrowth = config.get<double>("embed_dim_multiplier", 2.0);
    p.depths = config.get<std::vector<std::int64_t>>("depths", {2, 3, 16, 3});
    p.heads = config.get<std::vector<std::int64_t>>("num_heads", {1, 2, 4, 8});
    if (p.depths.empty() || p.heads.size() < p.stages())
        config.refuse("num_heads", fmt::format("{} numbers, one for every stage of depths", p.stages()));
    p.heads.resize(p.stages());
    for (std::size_t stage = 0; stage < p.stages(); ++stage)
        if (p.depths[stage] < 1 || p.heads[stage] < 1 || p.widthOf(stage) % p.heads[stage] != 0)
            config.refuse("num_heads", "divisors of the widths of the stages, each with at least one block");
    const auto inUnits = config.get<std::vector<bool>>("masked_unit_attention", {true, true, false, false});
    if (inUnits.size() < p.stages()) config.refuse("masked_unit_attention", fmt::format("{} entries, one for every stage", p.stages()));
    for (std::size_t stage = 0; stage < p.stages(); ++stage) p.unitAttention.push_back(inUnits[stage] ? 1 : 0);
    p.poolStride = pairOf(config, "query_stride", 2, 1);
    p.pools = config.get<std::int64_t>("num_query_pool", 3);
    if (p.pools < 0 || p.pools >= static_cast<std::int64_t>(p.stages()))
        config.refuse("num_query_pool", fmt::format("less than the {} stages", p.stages()));
    const Sides unit = config.sides("masked_unit_size", {8, 8});
    const Hiera::Pair expected = p.unitSides(0);
    if (unit.height != expected.rows || unit.width != expected.columns)
        config.refuse("masked_unit_size", fmt::format("[{}, {}], query_stride to the power of the stages but one", expected.rows, expected.columns));
    p.mlpRatio = config.get<double>("mlp_ratio", 4.0);
    p.normEps = config.get<double>("layer_norm_eps", 1e-6);
    p.activation = config.activation("hidden_act", "gelu");
    config.ignore({"hidden_size", "num_layers", "num_hidden_layers", "stage_names", "out_features", "out_indices", "layer_norm_init"});
    return p;
}

ImageInput readHieraInput(ModelConfig& config, const Hiera::Params& p) {
    ImageInput input;
    const Sides size = config.sides("image_size", {224, 224});
    input.channels = config.get<std::int64_t>("num_channels", 3);
    input.height = size.height;
    input.width = size.width;
    const Hiera::Pair stride = p.totalStride(), unit = p.unitSides(0);
    input.patchHeight = stride.rows;
    input.patchWidth = stride.columns;
    const std::int64_t rows = unit.rows * p.stemStride.rows, columns = unit.columns * p.stemStride.columns;
    if (size.height < rows || size.width < columns || size.height % rows != 0 || size.width % columns != 0)
        config.refuse("image_size", fmt::format("multiples of a mask unit of {} x {} pixels", rows, columns));
    if (tokensAlong(size.height, p.stemKernel.rows, p.stemStride.rows, p.stemPadding.rows) != size.height / p.stemStride.rows ||
        tokensAlong(size.width, p.stemKernel.columns, p.stemStride.columns, p.stemPadding.columns) != size.width / p.stemStride.columns)
        config.refuse("patch_padding", "as much as gives one token for every patch_stride pixels");
    return input;
}

TransformerHead::Params readHieraDecoder(ModelConfig& config, const Hiera::Params& params) {
    TransformerHead::Params p;
    p.positions = "learned";
    p.transformer.width = config.require<std::int64_t>("decoder_hidden_size");
    p.transformer.depth = config.require<std::int64_t>("decoder_depth");
    p.transformer.heads = config.require<std::int64_t>("decoder_num_heads");
    if (p.transformer.heads < 1 || p.transformer.width % p.transformer.heads != 0)
        config.refuse("decoder_num_heads", "a divisor of decoder_hidden_size");
    p.transformer.mlpRatio = params.mlpRatio;
    p.transformer.mlpWidth = static_cast<std::int64_t>(static_cast<double>(p.transformer.width) * params.mlpRatio);
    p.transformer.normEps = params.normEps;
    p.transformer.activation = params.activation;
    return p;
}

void mapHieraEncoder(WeightMap& map, const Hiera::Params& params) {
    map.linear("encoder.stem", "embeddings.patch_embeddings.projection");
    mapTable(map, "encoder.pos_embed.table", "embeddings.position_embeddings");
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < params.stages(); ++stage)
        for (std::int64_t i = 0; i < params.depths[stage]; ++i, ++number) {
            const std::string ours = fmt::format("encoder.block{}", number), theirs = fmt::format("encoder.stages.{}.layers.{}", stage, i);
            mapBlock(map, ours, theirs, ".");
            if (i == 0 && stage > 0 && params.widthOf(stage) != params.widthOf(stage - 1)) map.linear(ours + ".widen", theirs + ".proj");
        }
    if (!params.fuses) return;
    for (std::int64_t i = 0; i < params.pools; ++i)
        map.linear(fmt::format("encoder.fuse{}", i), fmt::format("multiscale_fusion.multi_scale_fusion_heads.{}", i));
    map.linear("encoder.norm", "encoder_norm");
}

void mapHieraDecoder(WeightMap& map, const std::string& ours, const TransformerHead::Params& params, const ImageInput& input) {
    map.linear(ours + "embed", "decoder.decoder_embeddings");
    map.flattened(ours + "mask_token", "decoder.mask_token");
    mapTable(map, ours + "pos_embed.table", "decoder.decoder_position_embeddings");
    map.add(ours + "prefix_position", at::zeros({params.transformer.width}), "no class token");
    for (std::int64_t i = 0; i < params.transformer.depth; ++i)
        mapBlock(map, fmt::format("{}transformer.block{}", ours, i), fmt::format("decoder.decoder_block.layers.{}", i), ".attn.");
    map.linear(ours + "transformer.norm", "decoder.decoder_norm");
    for (const char* part : {".weight", ".bias"}) {
        const std::string theirs = std::string("decoder.decoder_pred") + part;
        const at::Tensor rows = map.weights().take(theirs);
        const bool fits = rows.dim() > 0 && rows.size(0) == input.patchValues();
        // A file of another config is left as it is; filling the head names it.
        map.add(ours + "predict" + part, fits ? rows.unflatten(0, {input.channels, -1}).transpose(0, 1).flatten(0, 1) : rows, theirs);
    }
}

Value hieraTable(const Hiera::Params& p) {
    return Value(Value::Table{{"kind", "hiera"},
                              {"stem_kernel", integerList({p.stemKernel.rows, p.stemKernel.columns})},
                              {"stem_stride", integerList({p.stemStride.rows, p.stemStride.columns})},
                              {"stem_padding", integerList({p.stemPadding.rows, p.stemPadding.columns})},
                              {"width", p.width},
                              {"width_growth", p.widthGrowth},
                              {"depths", integerList(p.depths)},
                              {"heads", integerList(p.heads)},
                              {"unit_attention", integerList(p.unitAttention)},
                              {"pools", p.pools},
                              {"pool_stride", integerList({p.poolStride.rows, p.poolStride.columns})},
                              {"mlp_ratio", p.mlpRatio},
                              {"norm_eps", p.normEps},
                              {"fuse", p.fuses},
                              {"activation", p.activation},
                              {"positions", p.positions}});
}

HieraUnits keepUnits(const at::Tensor& noise, double ratio) {
    const std::int64_t units = noise.size(1);
    const auto count = static_cast<std::int64_t>(static_cast<double>(units) * (1 - ratio));  // truncates, as the reference does
    HieraUnits chosen;
    const at::Tensor order = noise.argsort(1, false);
    chosen.idsRestore = order.argsort(1, false);
    chosen.visible = chosen.idsRestore.lt(count);
    chosen.kept = std::get<0>(order.narrow(1, 0, count).sort(1));
    return chosen;
}

at::Tensor toHieraOrder(const at::Tensor& patches, const ImageInput& input) {
    return patches.unflatten(-1, {-1, input.channels}).transpose(-1, -2).flatten(-2);
}

}  // namespace maskscope
