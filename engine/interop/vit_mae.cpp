#include "interop/vit_mae.h"

#include <ATen/ops/cat.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "interop/weights.h"

namespace maskscope {
namespace {

using nlohmann::json;

/// Reads config.json key by key; whatever is asked for must have the right type.
class Config {
public:
    explicit Config(const std::filesystem::path& file) : file_(file.string()), json_(json::parse(readFile(file), nullptr, false)) {
        if (!json_.is_object()) throw DataError(fmt::format("{}: not a JSON object; the download is incomplete or damaged", file_));
    }
    template <typename T>
    T get(const char* key, T standard) const {
        if (!json_.contains(key) || json_[key].is_null()) return standard;
        try {
            return json_[key].get<T>();
        } catch (const json::exception&) {
            throw DataError(fmt::format("{}: {} is {}, which is of the wrong type", file_, key, json_[key].dump()));
        }
    }
    /// A side, or [height, width].
    Value sides(const char* key, std::int64_t standard) const {
        if (json_.contains(key) && json_[key].is_array()) {
            const auto both = get<std::vector<std::int64_t>>(key, {});
            if (both.size() == 2) return Value(Value::Array{both[0], both[1]});
        }
        const auto side = get<std::int64_t>(key, standard);
        return Value(Value::Array{side, side});
    }
    [[noreturn]] void refuse(const char* key, const std::string& expected) const {
        throw DataError(fmt::format("{}: {} is {}, expected {}", file_, key, json_.contains(key) ? json_[key].dump() : "missing", expected));
    }

private:
    std::string file_;
    json json_;
};

Value transformerTable(std::int64_t width, std::int64_t depth, std::int64_t heads, std::int64_t hidden, double eps, bool qkvBias) {
    return Value(Value::Table{{"width", width},
                              {"depth", depth},
                              {"heads", heads},
                              {"mlp_ratio", static_cast<double>(hidden) / static_cast<double>(width)},
                              {"norm_eps", eps},
                              {"qkv_bias", qkvBias}});
}

Value recipeOf(const Config& config) {
    if (config.get<std::string>("model_type", "") != "vit_mae") config.refuse("model_type", "\"vit_mae\"");
    auto activation = config.get<std::string>("hidden_act", "gelu");
    if (activation == "gelu_pytorch_tanh" || activation == "gelu_new") activation = "gelu_tanh";
    if (activation != "gelu" && activation != "gelu_tanh" && activation != "relu")
        config.refuse("hidden_act", "\"gelu\", \"gelu_pytorch_tanh\", \"gelu_new\" or \"relu\"");
    const auto eps = config.get<double>("layer_norm_eps", 1e-12);
    const auto qkvBias = config.get<bool>("qkv_bias", true);
    Value recipe(Value::Table{{"schema", 1}, {"id", "vit_mae"}, {"name", "ViT-MAE checkpoint"}});
    recipe.set("input", Value(Value::Table{{"size", config.sides("image_size", 224)},
                                           {"patch", config.sides("patch_size", 16)},
                                           {"channels", config.get<std::int64_t>("num_channels", 3)}}));
    recipe.set("mask", Value(Value::Table{{"strategy", "random"}, {"ratio", config.get<double>("mask_ratio", 0.75)}}));
    Value encoder =
        transformerTable(config.get<std::int64_t>("hidden_size", 768), config.get<std::int64_t>("num_hidden_layers", 12),
                         config.get<std::int64_t>("num_attention_heads", 12), config.get<std::int64_t>("intermediate_size", 3072), eps, qkvBias);
    encoder.set("kind", "vit");
    encoder.set("sees", "visible");
    Value head = transformerTable(config.get<std::int64_t>("decoder_hidden_size", 512), config.get<std::int64_t>("decoder_num_hidden_layers", 8),
                                  config.get<std::int64_t>("decoder_num_attention_heads", 16),
                                  config.get<std::int64_t>("decoder_intermediate_size", 2048), eps, qkvBias);
    head.set("kind", "transformer");
    for (Value* part : {&encoder, &head}) part->set("activation", activation);
    Value objective(Value::Table{{"name", "reconstruction"},
                                 {"target", Value(Value::Table{{"kind", "pixel"}, {"normalize", config.get<bool>("norm_pix_loss", false)}})},
                                 {"head", head},
                                 {"loss", Value(Value::Table{{"kind", "mse"}, {"on", "hidden"}})}});
    recipe.set("encoder", encoder);
    recipe.set("objective", Value(Value::Array{objective}));
    return recipe;
}

/// Carries tensors over under our names.
class Renamer {
public:
    explicit Renamer(const Weights& weights) : weights_(weights) {}

    void linear(const std::string& ours, const std::string& theirs) {
        result_.emplace_back(ours + ".weight", weights_.tensor(theirs + ".weight"));
        result_.emplace_back(ours + ".bias", weights_.tensor(theirs + ".bias"));
    }
    void add(const std::string& ours, at::Tensor value) { result_.emplace_back(ours, value.contiguous()); }
    void block(const std::string& ours, const std::string& theirs) {
        linear(ours + ".norm1", theirs + ".layernorm_before");
        linear(ours + ".norm2", theirs + ".layernorm_after");
        const std::string attention = theirs + ".attention.attention.";
        for (const char* part : {"weight", "bias"})
            if (weights_.has(attention + "query." + part))
                add(ours + ".attn.qkv." + part, at::cat({weights_.tensor(attention + "query." + part), weights_.tensor(attention + "key." + part),
                                                         weights_.tensor(attention + "value." + part)}));
        linear(ours + ".attn.proj", theirs + ".attention.output.dense");
        linear(ours + ".fc1", theirs + ".intermediate.dense");
        linear(ours + ".fc2", theirs + ".output.dense");
    }
    NamedTensors take() { return std::move(result_); }

private:
    const Weights& weights_;
    NamedTensors result_;
};

}  // namespace

ForeignModel readVitMae(const std::filesystem::path& folder) {
    const Config config(folder / "config.json");
    ForeignModel model{recipeOf(config), {}};
    const Weights weights = openWeights(folder);
    Renamer names(weights);
    const at::Tensor positions = weights.tensor("vit.embeddings.position_embeddings")[0];
    const at::Tensor decoderPositions = weights.tensor("decoder.decoder_pos_embed")[0];
    names.linear("encoder.patch_embed", "vit.embeddings.patch_embeddings.projection");
    names.add("encoder.cls_token", weights.tensor("vit.embeddings.cls_token").reshape({-1}).add(positions[0]));
    names.add("encoder.pos_embed.table", positions.narrow(0, 1, positions.size(0) - 1));
    const auto depth = model.recipe.find("encoder")->find("depth")->asInteger();
    for (std::int64_t i = 0; i < depth; ++i) names.block(fmt::format("encoder.transformer.block{}", i), fmt::format("vit.encoder.layer.{}", i));
    names.linear("encoder.transformer.norm", "vit.layernorm");
    const std::string head = "head_reconstruction.";
    names.linear(head + "embed", "decoder.decoder_embed");
    names.add(head + "mask_token", weights.tensor("decoder.mask_token").reshape({-1}));
    names.add(head + "prefix_position", decoderPositions[0]);
    names.add(head + "pos_embed.table", decoderPositions.narrow(0, 1, decoderPositions.size(0) - 1));
    const auto headDepth = model.recipe.find("objective")->asArray().front().find("head")->find("depth")->asInteger();
    const bool newNames = weights.has("decoder.decoder_encoder.layer.0.layernorm_before.weight");
    for (std::int64_t i = 0; i < headDepth; ++i)
        names.block(fmt::format("{}transformer.block{}", head, i),
                    fmt::format("decoder.{}.{}", newNames ? "decoder_encoder.layer" : "decoder_layers", i));
    names.linear(head + "transformer.norm", "decoder.decoder_norm");
    names.linear(head + "predict", "decoder.decoder_pred");
    model.weights = names.take();
    return model;
}

}  // namespace maskscope
