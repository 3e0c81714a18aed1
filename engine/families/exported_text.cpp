#include "families/exported_text.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "encoders/text_transformer.h"
#include "families/trained_tensors.h"
#include "heads/masked_language_head.h"

namespace maskscope {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw UsageError(fmt::format("Hugging Face's BERT cannot hold an encoder with {}; export it as safetensors", what));
}

bool isOfKind(const Value& table, const char* name) {
    const Value* kind = table.find("kind");
    return kind != nullptr && kind->isString() && kind->asString() == name;
}

TextTransformer::Params encoderParams(const ExportSource& source) {
    if (!isOfKind(source.encoder, "text_transformer")) refuse("another kind than 'text_transformer'");
    ParamReader reader(source.encoder, "encoder", "encoder 'text_transformer'");
    reader.skip("kind");
    const TextTransformer::Params params = TextTransformer::Params::read(reader);
    const TransformerParams& p = params.transformer;
    const TokenEmbeddingParams& e = params.embedding;
    if (p.normPlace != NormPlace::After || p.normKind != "layer") refuse("norms elsewhere than after attention and MLP, or of another kind");
    if (p.gatedMlp || p.cosine || p.headWidth != 0 || p.attentionScale != 0.0) refuse("gated_mlp, cosine_attention, head_width or attention_scale");
    if (p.layerScale > 0.0 || p.queryKeyNorm || p.innerNorm || p.mlpNorm) refuse("layer_scale, query_key_norm, inner_norm or mlp_norm");
    if (!p.qkvBias || !p.keyBias || !p.mlpBias || !p.projectionBias) refuse("maps without bias");
    if (params.rotary || !e.positions || e.positionOffset != 0) refuse("other positions than a learned table from its first row on");
    if (!e.norm || e.tokenDropout || e.zerosPadding) refuse("token_dropout, zero_padding or no embedding_norm");
    return params;
}

void addBlock(NamedTensors& tensors, const TrainedTensors& trained, const std::string& theirs, const std::string& ours) {
    for (const char* part : {".weight", ".bias"}) {
        const auto parts = trained.get(ours + ".attn.qkv" + part).chunk(3, 0);
        const char* kinds[] = {"query", "key", "value"};
        for (std::size_t i = 0; i < 3; ++i)
            tensors.emplace_back(fmt::format("{}.attention.self.{}{}", theirs, kinds[i], part), parts[i].contiguous());
    }
    for (const auto& [name, own] :
         {std::pair{".attention.output.dense", ".attn.proj"}, std::pair{".attention.output.LayerNorm", ".norm1"},
          std::pair{".intermediate.dense", ".fc1"}, std::pair{".output.dense", ".fc2"}, std::pair{".output.LayerNorm", ".norm2"}})
        trained.linear(tensors, theirs + name, ours + own);
}

/// BERT adds a vector for the kind of every token; where the run has none, it is nothing.
void addEmbedding(ExportedModel& model, const TrainedTensors& trained, const std::string& prefix, std::int64_t width) {
    const std::string theirs = prefix + "embeddings.";
    const bool hasTypes = trained.has("embed.type_table");
    model.tensors.emplace_back(theirs + "word_embeddings.weight", trained.get("embed.word_table"));
    model.tensors.emplace_back(theirs + "position_embeddings.weight", trained.get("embed.position_table"));
    model.tensors.emplace_back(theirs + "token_type_embeddings.weight", hasTypes ? trained.get("embed.type_table") : at::zeros({1, width}));
    trained.linear(model.tensors, theirs + "LayerNorm", "embed.norm");
    model.config["type_vocab_size"] = hasTypes ? trained.get("embed.type_table").size(0) : 1;
}

/// Whether BERT's head can be this one: it has the encoder's activation and epsilon.
bool isBertHead(const ExportSource& source, const TransformerParams& encoder) {
    if (!isOfKind(source.head, "masked_language") || !isOfKind(source.target, "token")) return false;
    ParamReader reader(source.head, "objective.0.head", "head 'masked_language'");
    reader.skip("kind");
    const auto head = MaskedLanguageHead::Params::read(reader);
    return head.tied && head.normEps == encoder.normEps && head.activation == encoder.activation;
}

}  // namespace

ExportedModel exportTextToTransformers(const ExportSource& source) {
    const TransformerParams p = encoderParams(source).transformer;
    const bool hasHead = isBertHead(source, p);
    const std::string prefix = hasHead ? "bert." : "";
    ExportedModel model;
    model.className = hasHead ? "BertForMaskedLM" : "BertModel";
    model.note = std::string("Token numbers are those of the run's own tokenizer, which stayed behind") + (hasHead ? "." : ", as did the head.");
    model.config = {{"architectures", {model.className}},
                    {"model_type", "bert"},
                    {"vocab_size", source.text.vocabulary},
                    {"hidden_size", p.width},
                    {"num_hidden_layers", p.depth},
                    {"num_attention_heads", p.heads},
                    {"intermediate_size", p.hiddenWidth()},
                    {"hidden_act", p.activation == "gelu_tanh" ? "gelu_pytorch_tanh" : p.activation},
                    {"layer_norm_eps", p.normEps},
                    {"max_position_embeddings", source.text.length},
                    {"pad_token_id", source.text.padding},
                    {"tie_word_embeddings", true},
                    {"hidden_dropout_prob", 0.0},
                    {"attention_probs_dropout_prob", 0.0},
                    {"dtype", "float32"}};
    const TrainedTensors trained(source.weights, source.network), head(source.weights, source.headNetwork);
    addEmbedding(model, trained, prefix, p.width);
    for (std::int64_t i = 0; i < p.depth; ++i)
        addBlock(model.tensors, trained, fmt::format("{}encoder.layer.{}", prefix, i), fmt::format("transformer.block{}", i));
    if (!hasHead) return model;
    head.linear(model.tensors, "cls.predictions.transform.dense", "dense");
    head.linear(model.tensors, "cls.predictions.transform.LayerNorm", "norm");
    model.tensors.emplace_back("cls.predictions.bias", head.get("decoder_bias"));
    return model;
}

}  // namespace maskscope
