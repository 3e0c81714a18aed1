#include "families/bert_family.h"

#include <fmt/format.h>

#include "families/opened_text.h"
#include "families/recipe_tables.h"
#include "families/text_names.h"
#include "families/words.h"

namespace maskscope {
namespace {

enum class Kin { Bert, Roberta, Esm };
/// What a class puts on top of the network.
enum class Task { Bare, Words, WordsAndPairs, Pairs, Classes, TokenClasses, Spans };

struct ClassName {
    const char* name;
    Task task;
};
const std::vector<ClassName>& classesOf(Kin kin) {
    static const std::vector<ClassName> bert{{"BertModel", Task::Bare},
                                             {"BertForMaskedLM", Task::Words},
                                             {"BertForPreTraining", Task::WordsAndPairs},
                                             {"BertForNextSentencePrediction", Task::Pairs},
                                             {"BertForSequenceClassification", Task::Classes},
                                             {"BertForTokenClassification", Task::TokenClasses},
                                             {"BertForQuestionAnswering", Task::Spans}};
    static const std::vector<ClassName> roberta{{"RobertaModel", Task::Bare},
                                                {"RobertaForMaskedLM", Task::Words},
                                                {"RobertaForSequenceClassification", Task::Classes},
                                                {"RobertaForTokenClassification", Task::TokenClasses},
                                                {"RobertaForQuestionAnswering", Task::Spans}};
    static const std::vector<ClassName> esm{{"EsmModel", Task::Bare},
                                            {"EsmForMaskedLM", Task::Words},
                                            {"EsmForSequenceClassification", Task::Classes},
                                            {"EsmForTokenClassification", Task::TokenClasses}};
    return kin == Kin::Bert ? bert : kin == Kin::Roberta ? roberta : esm;
}

Task taskOf(ModelConfig& config, const ModelWeights& weights, Kin kin) {
    const std::string name = config.className();
    std::string known;
    for (const ClassName& candidate : classesOf(kin)) {
        if (name == candidate.name) return candidate.task;
        known += fmt::format("{}{}", known.empty() ? "" : ", ", candidate.name);
    }
    if (!name.empty()) config.refuse("architectures", "one of " + known);
    return weights.has("lm_head.dense.weight") || weights.has("cls.predictions.transform.dense.weight") ? Task::Words : Task::Bare;
}

/// Everything that is read from the config.
struct Settings {
    Kin kin = Kin::Bert;
    Task task = Task::Bare;
    TransformerParams transformer;
    TextInput input;
    std::int64_t types = 0, padding = -1, positionRows = 0;
    bool tied = true, table = true, rotary = false, normBefore = true, tokenDropout = false;
    double rotaryBase = 10000.0;
    std::string problemType, headActivation = "gelu";

    bool hasWords() const { return task == Task::Words || task == Task::WordsAndPairs; }
};

void readEsm(ModelConfig& config, Settings& s) {
    s.transformer.activation = "gelu";
    s.transformer.normPlace = NormPlace::Before;
    s.rotary = config.choice("position_embedding_type", "absolute", {"absolute", "rotary"}) == "rotary";
    s.table = !s.rotary;
    ModelConfig rope = config.section("rope_parameters");
    rope.choice("rope_type", "default", {"default"});
    s.rotaryBase = rope.get<double>("rope_theta", config.get<double>("rope_theta", 10000.0));
    s.normBefore = config.get<bool>("emb_layer_norm_before", false);
    s.tokenDropout = config.get<bool>("token_dropout", false);
    s.input.maskToken = config.get<std::int64_t>("mask_token_id", -1);
    if (config.get<bool>("is_folding_model", false)) config.refuse("is_folding_model", "false: structures of proteins are not folded here");
    // The activation is fixed in this family's code, and the words of the alphabet are not needed to run it.
    config.ignore({"hidden_act", "vocab_list", "esmfold_config"});
}

Settings readSettings(ModelConfig& config, const ModelWeights& weights, Kin kin) {
    Settings s;
    s.kin = kin;
    s.task = taskOf(config, weights, kin);
    s.transformer = readTextTransformer(config);
    s.input.vocabulary = config.get<std::int64_t>("vocab_size", kin == Kin::Roberta ? 50265 : 30522);
    s.positionRows = config.get<std::int64_t>("max_position_embeddings", kin == Kin::Esm ? 1026 : 512);
    s.tied = config.get<bool>("tie_word_embeddings", true);
    s.problemType = config.get<std::string>("problem_type", "");
    const auto padding = config.get<std::int64_t>("pad_token_id", kin == Kin::Roberta ? 1 : 0);
    if (kin != Kin::Bert) s.padding = padding;
    if (kin == Kin::Esm) {
        readEsm(config, s);
    } else {
        s.transformer.normPlace = NormPlace::After;
        s.transformer.activation = config.activation("hidden_act", "gelu");
        if (kin == Kin::Bert) s.headActivation = s.transformer.activation;
        s.types = config.get<std::int64_t>("type_vocab_size", 2);
        config.choice("position_embedding_type", "absolute", {"absolute"});
        // Of a pooler that no class has, and of files that old versions wrote.
        config.ignore({"directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head",
                       "pooler_type", "output_past"});
    }
    // Without a table, no text is too long.
    s.input.length = s.table ? s.positionRows - (s.padding + 1) : std::numeric_limits<std::int32_t>::max();
    if (s.input.length < 1) config.refuse("max_position_embeddings", fmt::format("more than {}", s.padding + 1));
    return s;
}

Value encoderTable(const Settings& s) {
    Value table = transformerTable("text_transformer", s.transformer, {.normPlace = NormPlace::After});
    table.set("position_offset", s.table ? s.padding + 1 : 0);
    table.set("token_types", s.types);
    if (s.kin != Kin::Esm) return table;
    table.set("position_table", s.table);
    table.set("embedding_norm", s.normBefore);
    table.set("token_dropout", s.tokenDropout);
    table.set("zero_padding", true);
    table.set("rotary", s.rotary);
    table.set("rotary_base", s.rotaryBase);
    return table;
}

void mapEncoder(WeightMap& map, const Settings& s) {
    const std::string embedding = "embeddings.";
    map.move("encoder.embed.word_table", embedding + "word_embeddings.weight");
    if (s.table) map.move("encoder.embed.position_table", embedding + "position_embeddings.weight");
    if (s.types > 0) map.move("encoder.embed.type_table", embedding + "token_type_embeddings.weight");
    if (s.normBefore) mapNorm(map, "encoder.embed.norm", embedding + (s.kin == Kin::Esm ? "layer_norm" : "LayerNorm"));
    for (std::int64_t i = 0; i < s.transformer.depth; ++i) {
        const std::string ours = fmt::format("encoder.transformer.block{}", i), theirs = fmt::format("encoder.layer.{}", i);
        mapTextMaps(map, ours, theirs);
        const bool before = s.transformer.normPlace == NormPlace::Before;
        mapNorm(map, ours + ".norm1", theirs + (before ? ".attention.LayerNorm" : ".attention.output.LayerNorm"));
        mapNorm(map, ours + ".norm2", theirs + (before ? ".LayerNorm" : ".output.LayerNorm"));
    }
    if (s.kin == Kin::Esm) mapNorm(map, "encoder.transformer.norm", "encoder.emb_layer_norm_after");
}

void mapWordHead(WeightMap& map, const Settings& s) {
    const bool bert = s.kin == Kin::Bert;
    const std::string head = bert ? "cls.predictions" : "lm_head";
    map.linear("head.dense", bert ? head + ".transform.dense" : head + ".dense");
    mapNorm(map, "head.norm", bert ? head + ".transform.LayerNorm" : head + ".layer_norm");
    if (!s.tied) map.move("head.decoder", head + ".decoder.weight");
    // ESM's decoder has no bias of its own; elsewhere it is the one of the head unless they are untied.
    const std::string own = head + ".decoder.bias";
    map.move("head.decoder_bias",
             s.kin != Kin::Esm && map.weights().has(own) && (!s.tied || !map.weights().has(head + ".bias")) ? own : head + ".bias");
    // What ties leave unused, in files that hold it all the same.
    for (const char* left : {".decoder.weight", ".decoder.bias", ".bias"}) map.weights().ignore(head + left);
}

Value headTable(const Settings& s) {
    return Value(Value::Table{{"kind", "masked_language"}, {"norm_eps", s.transformer.normEps}, {"tied", s.tied}, {"activation", s.headActivation}});
}

std::string positionsInWords(const Settings& s) {
    if (s.rotary) return "rotary: queries and keys turn with their place, at any length";
    return fmt::format("a learned vector for each of {} places", s.input.length);
}

std::unique_ptr<FamilyModel> open(ModelConfig& config, ModelWeights weights, Kin kin, const char* title, const char* prefix) {
    weights.dropPrefix(prefix);
    for (const char* ending : {"embeddings.position_ids", "rotary_embeddings.inv_freq"}) weights.ignoreEnding(ending);
    for (const char* part : {"contact_head.regression.weight", "contact_head.regression.bias"}) weights.ignore(part);
    const Settings s = readSettings(config, weights, kin);
    WeightMap map(weights);
    mapEncoder(map, s);
    TextModelParts parts{.title = title, .encoder = encoderTable(s), .input = s.input, .padding = s.table ? s.padding : -1};
    parts.problemType = s.problemType;
    parts.statesEndNormed = kin == Kin::Esm;
    if (s.hasWords()) {
        mapWordHead(map, s);
        parts.head = headTable(s);
    }
    const bool needsPooler = s.task == Task::WordsAndPairs || s.task == Task::Pairs || s.task == Task::Classes;
    if (needsPooler || (s.task == Task::Bare && weights.has("pooler.dense.weight"))) parts.pooler = "pooler.dense";
    if (s.task == Task::WordsAndPairs || s.task == Task::Pairs) parts.pairs = "cls.seq_relationship";
    if (s.task == Task::Classes || s.task == Task::TokenClasses) parts.classifier = "classifier";
    if (s.task == Task::Classes && kin != Kin::Bert) {  // whose classifiers bring their own pooler
        parts.pooler = "classifier.dense";
        parts.classifier = "classifier.out_proj";
    }
    parts.classifiesTokens = s.task == Task::TokenClasses;
    if (s.task == Task::Spans) parts.spans = "qa_outputs";

    IdentityCard card;
    card.title = fmt::format("{}: {}", title, blocksOf(s.transformer.depth, s.transformer.width));
    addTextFacts(card, s.input, s.transformer, positionsInWords(s));
    card.add("Head", s.hasWords()
                         ? fmt::format("logits over the vocabulary, {}", s.tied ? "with the weights of the embedding" : "with weights of its own")
                     : s.task == Task::Spans    ? "where an answer begins and ends"
                     : parts.classifier.empty() ? "none"
                                                : "a classifier");
    return std::make_unique<OpenedText>(std::move(parts), std::move(map), std::move(card));
}

}  // namespace

std::unique_ptr<FamilyModel> openBert(ModelConfig& config, ModelWeights& weights) { return open(config, weights, Kin::Bert, "BERT", "bert."); }
std::unique_ptr<FamilyModel> openRoberta(ModelConfig& config, ModelWeights& weights) {
    return open(config, weights, Kin::Roberta, "RoBERTa", "roberta.");
}
std::unique_ptr<FamilyModel> openEsm(ModelConfig& config, ModelWeights& weights) { return open(config, weights, Kin::Esm, "ESM", "esm."); }

}  // namespace maskscope
