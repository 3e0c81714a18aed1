#include "families/recipe_tables.h"

namespace maskscope {
namespace {

Value numbers(const std::vector<double>& values) {
    Value::Array array;
    for (const double value : values) array.emplace_back(value);
    return array;
}

Value sides(std::int64_t height, std::int64_t width) { return Value(Value::Array{height, width}); }

}  // namespace

Value transformerTable(const std::string& kind, const TransformerParams& params, const TransformerParams& standard) {
    Value table(Value::Table{{"kind", kind}, {"width", params.width}, {"depth", params.depth}, {"heads", params.heads}});
    table.set("mlp_width", params.hiddenWidth());
    table.set("norm_eps", params.normEps);
    const auto setIf = [&](const char* key, const auto& value, const auto& usual) {
        if (value != usual) table.set(key, value);
    };
    setIf("qkv_bias", params.qkvBias, standard.qkvBias);
    setIf("key_bias", params.keyBias, standard.keyBias);
    setIf("activation", params.activation, standard.activation);
    setIf("gated_mlp", params.gatedMlp, standard.gatedMlp);
    setIf("mlp_norm", params.mlpNorm, standard.mlpNorm);
    setIf("layer_scale", params.layerScale, standard.layerScale);
    setIf("norm_kind", params.normKind, standard.normKind);
    setIf("final_norm", params.finalNorm, standard.finalNorm);
    setIf("mlp_bias", params.mlpBias, standard.mlpBias);
    setIf("projection_bias", params.projectionBias, standard.projectionBias);
    setIf("query_key_norm", params.queryKeyNorm, standard.queryKeyNorm);
    setIf("inner_norm", params.innerNorm, standard.innerNorm);
    setIf("cosine_attention", params.cosine, standard.cosine);
    setIf("attention_scale", params.attentionScale, standard.attentionScale);
    setIf("head_width", params.headWidth, standard.headWidth);
    if (params.normPlace != standard.normPlace)
        table.set("norm", params.normPlace == NormPlace::Before ? "pre" : params.normPlace == NormPlace::After ? "post" : "branch");
    return table;
}

Value integerList(const std::vector<std::int64_t>& values) {
    Value::Array array;
    for (const std::int64_t value : values) array.emplace_back(value);
    return array;
}

Value imageInputTable(const ImageInput& input) {
    return Value(Value::Table{{"kind", "image"},
                              {"size", sides(input.height, input.width)},
                              {"patch", sides(input.patchHeight, input.patchWidth)},
                              {"channels", input.channels},
                              {"mean", numbers(input.mean)},
                              {"std", numbers(input.std)}});
}

Value methodRecipe(const MethodParts& parts) {
    Value recipe(Value::Table{{"schema", 1}, {"id", parts.id}, {"name", parts.name}, {"input", parts.input}});
    if (!parts.mask.isNone()) recipe.set("mask", parts.mask);
    if (parts.encoder.find("sees") != nullptr) {
        recipe.set("encoder", parts.encoder);
    } else {
        Value network = parts.encoder;
        network.set("id", "encoder");
        recipe.set("network", Value(Value::Array{network}));
        recipe.set("pass", Value(Value::Array{Value(Value::Table{{"id", "main"}})}));
    }
    if (parts.head.isNone()) {
        recipe.set("only_looks", true);
        return recipe;
    }
    Value objective(Value::Table{{"name", "reconstruction"}, {"target", parts.target}, {"head", parts.head}, {"loss", parts.loss}});
    recipe.set("objective", Value(Value::Array{objective}));
    return recipe;
}

}  // namespace maskscope
