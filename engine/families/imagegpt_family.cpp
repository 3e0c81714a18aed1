#include "families/imagegpt_family.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "encoders/causal_transformer.h"
#include "families/opened_vit.h"
#include "families/transformers_heads.h"
#include "families/weight_map.h"
#include "families/words.h"
#include "tensor/shape.h"

namespace maskscope {
namespace {

TransformerParams readTransformer(ModelConfig& config) {
    TransformerParams p;
    p.width = config.get<std::int64_t>("n_embd", 512);
    p.depth = config.get<std::int64_t>("n_layer", 24);
    p.heads = config.get<std::int64_t>("n_head", 8);
    p.mlpWidth = config.get<std::int64_t>("n_inner", 4 * p.width);
    p.activation = config.activation("activation_function", "quick_gelu");
    p.normEps = config.get("layer_norm_epsilon", 1e-5);
    p.normKind = "rms";
    if (p.width < 1) config.refuse("n_embd", "a positive number");
    if (p.mlpWidth < 1) config.refuse("n_inner", "a positive number");
    if (p.heads < 1 || p.width % p.heads != 0) config.refuse("n_head", fmt::format("a divisor of n_embd, {}", p.width));
    if (!config.get("scale_attn_weights", true)) p.attentionScale = 1.0;
    if (config.get("add_cross_attention", false)) config.refuse("add_cross_attention", "false; there is nothing else to attend to");
    return p;
}

/// The matrix of a linear map that GPT-2 stores the other way round, [inputs, outputs]. @return [outputs, inputs]
at::Tensor turned(WeightMap& map, const std::string& theirs) {
    const at::Tensor matrix = map.weights().take(theirs);
    if (matrix.dim() != 2)
        throw DataError(fmt::format("{}: tensor '{}' has {} dimensions, expected a matrix", map.weights().subject(), theirs, matrix.dim()));
    return matrix.t();
}

void mapTurned(WeightMap& map, const std::string& ours, const std::string& theirs) {
    map.add(ours + ".weight", turned(map, theirs + ".weight"), theirs + ".weight");
    map.move(ours + ".bias", theirs + ".bias");
}

/// Query, key and value in one. @param divisor  of the scores, beyond the usual one: queries are divided by it
void mapAttention(WeightMap& map, const std::string& ours, const std::string& theirs, double divisor) {
    mapTurned(map, ours, theirs);
    if (divisor == 1.0) return;
    for (const char* part : {".weight", ".bias"}) {
        at::Tensor value = map.find(ours + part).clone();
        value.narrow(0, 0, value.size(0) / 3).div_(divisor);
        map.replace(ours + part, value);
    }
}

void mapEncoder(WeightMap& map, const TransformerParams& params, bool dividesByLayer) {
    map.move("encoder.word_table", "wte.weight");
    map.move("encoder.position_table", "wpe.weight");
    map.move("encoder.transformer.norm.weight", "ln_f.weight");
    for (std::int64_t i = 0; i < params.depth; ++i) {
        const std::string ours = fmt::format("encoder.transformer.block{}.", i), theirs = fmt::format("h.{}.", i);
        map.move(ours + "norm1.weight", theirs + "ln_1.weight");
        map.move(ours + "norm2.weight", theirs + "ln_2.weight");
        mapAttention(map, ours + "attn.qkv", theirs + "attn.c_attn", dividesByLayer ? static_cast<double>(i + 1) : 1.0);
        mapTurned(map, ours + "attn.proj", theirs + "attn.c_proj");
        mapTurned(map, ours + "fc1", theirs + "mlp.c_fc");
        mapTurned(map, ours + "fc2", theirs + "mlp.c_proj");
    }
}

class ImageGpt : public FamilyModel {
public:
    ImageGpt(ModelConfig& config, ModelWeights& weights) {
        params_.transformer = readTransformer(config);
        const bool dividesByLayer = config.get("scale_attn_by_inverse_layer_idx", false);
        config.get("reorder_and_upcast_attn", false);  // of half-precision sums; here all sums are float32
        input_.vocabulary = config.get<std::int64_t>("vocab_size", 513);
        input_.length = config.get<std::int64_t>("n_positions", 1024);
        config.ignore({"attn_pdrop", "embd_pdrop", "resid_pdrop", "pad_token_id", "is_decoder"});
        weights.dropPrefix("transformer.");
        for (const char* buffer : {".attn.bias", ".attn.masked_bias"}) weights.ignoreEnding(buffer);
        WeightMap map(weights);
        mapEncoder(map, params_.transformer, dividesByLayer);
        encoder_ = std::make_shared<CausalTransformer>(params_, InputSpec{input_});
        map.fill(*encoder_, "encoder.");
        encoder_->eval();
        readHead(config, weights);
    }

    NamedTensors forward(ForwardInputs& inputs) override {
        Features features = encoder_->forward(viewOf(inputs), MaskPlan(), {}, {.layers = true, .attentions = true});
        if (!features.layers.empty()) features.layers.back() = features.tokens;  // the last state is the one after the final norm
        NamedTensors outputs;
        if (task_ == Task::Bare) {
            outputs.emplace_back("last_hidden_state", features.tokens);
        } else {
            const at::Tensor logits = head_.apply(task_ == Task::Colours ? features.tokens : features.tokens.mean(1)), labels = inputs.find("labels");
            outputs.emplace_back("logits", logits);
            if (labels.defined()) outputs.emplace_back("loss", lossOf(logits, labels));
        }
        addStates(outputs, features);
        return outputs;
    }

    IdentityCard card() const override {
        const TransformerParams& t = params_.transformer;
        IdentityCard card;
        card.title = "ImageGPT: " + blocksOf(t.depth, t.width);
        card.add("Input", fmt::format("up to {} colours of pixels, row by row, out of {}", input_.length, input_.vocabulary - 1));
        card.add("Blocks", fmt::format("{} heads, MLP of {}, norms without mean and bias before attention and MLP", t.heads, t.hiddenWidth()));
        card.add("Positions", "a learned table");
        card.add("Attention", "each colour sees itself and what came before");
        if (task_ == Task::Colours) card.works.emplace_back("It says what colour comes next: logits for every pixel.");
        if (task_ == Task::Classes) card.works.emplace_back(fmt::format("It classifies images into {} classes.", head_.weight.size(0)));
        if (task_ == Task::Bare) card.works.emplace_back("It gives the states of all pixels.");
        card.worksNot.emplace_back("Stage, brush and probes: its inputs are numbers of colours, and the palette is not part of the checkpoint.");
        return card;
    }
    std::optional<ForeignModel> asMethod(const std::optional<Sides>& /*size*/) const override { return std::nullopt; }

private:
    enum class Task { Bare, Colours, Classes };

    void readHead(ModelConfig& config, ModelWeights& weights) {
        const std::string name = config.className();
        const bool tied = config.get("tie_word_embeddings", false);
        problemType_ = config.get<std::string>("problem_type", "");
        const std::int64_t width = encoder_->width();
        if (name == "ImageGPTForCausalImageModeling" || name == "ImageGPTForCausalLM") {
            task_ = Task::Colours;
            head_ = OuterLinear::take(weights, tied ? "wte" : "lm_head", width);
            if (!tied && head_.weight.size(0) != input_.vocabulary - 1)
                config.refuse("vocab_size", fmt::format("{}, the rows of lm_head.weight and the start token", head_.weight.size(0) + 1));
        } else if (name == "ImageGPTForImageClassification") {
            task_ = Task::Classes;
            head_ = OuterLinear::take(weights, "score", width);
        } else if (!name.empty() && name != "ImageGPTModel") {
            config.refuse("architectures", "ImageGPTModel, ImageGPTForCausalImageModeling or ImageGPTForImageClassification");
        }
    }

    /// @throws DataError for numbers that there are not
    static at::Tensor numbers(const at::Tensor& tensor, const char* name, std::int64_t count) {
        const at::Tensor values = tensor.to(at::kLong);
        if (values.numel() > 0 && (values.min().item<std::int64_t>() < 0 || values.max().item<std::int64_t>() >= count))
            throw DataError(fmt::format("input '{}' goes from {} to {}, expected 0 to {}", name, values.min().item<std::int64_t>(),
                                        values.max().item<std::int64_t>(), count - 1));
        return values;
    }

    View viewOf(ForwardInputs& inputs) const {
        const at::Tensor ids = inputs.require("input_ids"), real = inputs.find("attention_mask");
        requireShape(ids, {kAnySize, kAnySize}, "input_ids");
        View view;
        view.tensors["tokens"] = numbers(ids, "input_ids", input_.vocabulary);
        if (const at::Tensor places = inputs.find("position_ids"); places.defined())
            view.tensors["places"] = numbers(places, "position_ids", input_.length);
        if (const at::Tensor types = inputs.find("token_type_ids"); types.defined())
            view.tensors["types"] = numbers(types, "token_type_ids", input_.vocabulary);
        if (real.defined()) requireShape(real, {ids.size(0), ids.size(1)}, "attention_mask");
        view.geometry = Geometry::sequence(ids.size(0), ids.size(1), real.defined() ? real.ne(0) : at::Tensor());
        return view;
    }

    at::Tensor lossOf(const at::Tensor& logits, const at::Tensor& labels) const {
        if (task_ == Task::Classes) return classifierLoss(logits, labels, problemType_);
        requireShape(labels, {logits.size(0), logits.size(1)}, "labels");
        const std::int64_t ahead = logits.size(1) - 1;
        return at::cross_entropy_loss(logits.narrow(1, 0, ahead).flatten(0, 1), labels.narrow(1, 1, ahead).flatten().to(at::kLong));
    }

    CausalTransformer::Params params_;
    TextInput input_;
    std::shared_ptr<CausalTransformer> encoder_;
    Task task_ = Task::Bare;
    OuterLinear head_;
    std::string problemType_;
};

}  // namespace

std::unique_ptr<FamilyModel> openImageGpt(ModelConfig& config, ModelWeights& weights) { return std::make_unique<ImageGpt>(config, weights); }

}  // namespace maskscope
