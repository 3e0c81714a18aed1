#include "families/model_config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"

namespace maskscope {
namespace {

using nlohmann::json;

/// Keys of any model that say nothing about what it answers outside of training: where it comes from, first values, dropout, names of
/// classes, what text generation would do, how outputs are packed.
const std::set<std::string, std::less<>> kWithoutEffect{"_attn_implementation",
                                                        "_attn_implementation_autoset",
                                                        "_commit_hash",
                                                        "_name_or_path",
                                                        "add_cross_attention",
                                                        "attention_dropout",
                                                        "attention_probs_dropout_prob",
                                                        "attn_implementation",
                                                        "bad_words_ids",
                                                        "begin_suppress_tokens",
                                                        "bos_token_id",
                                                        "chunk_size_feed_forward",
                                                        "classifier_dropout",
                                                        "cross_attention_hidden_size",
                                                        "decoder_start_token_id",
                                                        "diversity_penalty",
                                                        "do_sample",
                                                        "drop_path_rate",
                                                        "dtype",
                                                        "early_stopping",
                                                        "encoder_no_repeat_ngram_size",
                                                        "eos_token_id",
                                                        "exponential_decay_length_penalty",
                                                        "finetuning_task",
                                                        "forced_bos_token_id",
                                                        "forced_eos_token_id",
                                                        "gradient_checkpointing",
                                                        "hidden_dropout_prob",
                                                        "id2label",
                                                        "initializer_factor",
                                                        "initializer_range",
                                                        "is_encoder_decoder",
                                                        "label2id",
                                                        "length_penalty",
                                                        "max_length",
                                                        "min_length",
                                                        "no_repeat_ngram_size",
                                                        "num_beam_groups",
                                                        "num_beams",
                                                        "num_return_sequences",
                                                        "output_attentions",
                                                        "output_hidden_states",
                                                        "output_scores",
                                                        "prefix",
                                                        "problem_type",
                                                        "remove_invalid_values",
                                                        "repetition_penalty",
                                                        "return_dict",
                                                        "return_dict_in_generate",
                                                        "sep_token_id",
                                                        "suppress_tokens",
                                                        "task_specific_params",
                                                        "temperature",
                                                        "tf_legacy_loss",
                                                        "tie_encoder_decoder",
                                                        "tokenizer_class",
                                                        "top_k",
                                                        "top_p",
                                                        "torch_dtype",
                                                        "torchscript",
                                                        "transformers_version",
                                                        "typical_p",
                                                        "use_bfloat16",
                                                        "use_cache"};

/// Hugging Face's names of activations, where ours differ.
const std::map<std::string, std::string, std::less<>> kActivations{{"gelu_new", "gelu_tanh"},        {"gelu_pytorch_tanh", "gelu_tanh"},
                                                                   {"gelu_fast", "gelu_tanh"},       {"gelu_accurate", "gelu_tanh"},
                                                                   {"gelu_python", "gelu"},          {"swish", "silu"},
                                                                   {"gelu_python_tanh", "gelu_tanh"}};
const std::vector<std::string> kOwnActivations{"gelu", "quick_gelu", "relu", "relu2",   "relu6", "leaky_relu",
                                               "silu", "mish",       "tanh", "sigmoid", "linear"};

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
bool fits(const json& value) {
    if constexpr (IsVector<T>::value)
        return value.is_array() && std::all_of(value.begin(), value.end(), [](const json& member) { return fits<typename T::value_type>(member); });
    else if constexpr (std::is_same_v<T, bool>)
        return value.is_boolean();
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return value.is_number_integer() || (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
    else if constexpr (std::is_same_v<T, double>)
        return value.is_number();
    else
        return value.is_string();
}

template <typename T>
const char* typeName() {
    if constexpr (IsVector<T>::value)
        return "a list";
    else if constexpr (std::is_same_v<T, bool>)
        return "true or false";
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return "a whole number";
    else if constexpr (std::is_same_v<T, double>)
        return "a number";
    else
        return "a text";
}

}  // namespace

struct ModelConfig::Content {
    std::string subject;
    json root;
    std::set<std::string, std::less<>> readKeys;  // with the path of their section
};

ModelConfig::ModelConfig(const std::filesystem::path& file) : ModelConfig(json::parse(readFile(file), nullptr, false), file.string()) {}

ModelConfig::ModelConfig(json object, std::string subject)
    : content_(std::make_shared<Content>(Content{std::move(subject), std::move(object), {}})), table_(&content_->root) {
    if (!table_->is_object()) throw DataError(fmt::format("{}: not a JSON object; the download is incomplete or damaged", content_->subject));
}

ModelConfig::ModelConfig(std::shared_ptr<Content> content, const json* table, std::string path)
    : content_(std::move(content)), table_(table), path_(std::move(path)) {}

const std::string& ModelConfig::subject() const { return content_->subject; }
std::string ModelConfig::pathOf(std::string_view key) const { return path_ + std::string(key); }

const json* ModelConfig::find(std::string_view key) const {
    if (table_ == nullptr) return nullptr;
    const auto place = table_->find(key);
    return place == table_->end() || place->is_null() ? nullptr : &*place;
}

const json* ModelConfig::read(std::string_view key) {
    content_->readKeys.insert(pathOf(key));
    return find(key);
}

bool ModelConfig::has(std::string_view key) const { return find(key) != nullptr; }

bool ModelConfig::isNull(std::string_view key) const { return table_ != nullptr && table_->contains(key) && table_->at(key).is_null(); }
bool ModelConfig::isFlag(std::string_view key) const { return find(key) != nullptr && find(key)->is_boolean(); }
bool ModelConfig::isList(std::string_view key) const {
    const json* value = find(key);
    return value != nullptr && value->is_array();
}

template <typename T>
T ModelConfig::get(std::string_view key, T standard) {
    const json* value = read(key);
    if (value == nullptr) return standard;
    if (!fits<T>(*value)) refuse(key, typeName<T>());
    return value->get<T>();
}

template <typename T>
T ModelConfig::require(std::string_view key) {
    if (!has(key)) refuse(key, typeName<T>());
    return get<T>(key, T());
}

template bool ModelConfig::get(std::string_view, bool);
template std::int64_t ModelConfig::get(std::string_view, std::int64_t);
template double ModelConfig::get(std::string_view, double);
template std::string ModelConfig::get(std::string_view, std::string);
template std::vector<std::int64_t> ModelConfig::get(std::string_view, std::vector<std::int64_t>);
template std::vector<double> ModelConfig::get(std::string_view, std::vector<double>);
template std::vector<bool> ModelConfig::get(std::string_view, std::vector<bool>);
template std::vector<std::string> ModelConfig::get(std::string_view, std::vector<std::string>);
template bool ModelConfig::require(std::string_view);
template std::int64_t ModelConfig::require(std::string_view);
template double ModelConfig::require(std::string_view);
template std::string ModelConfig::require(std::string_view);
template std::vector<std::int64_t> ModelConfig::require(std::string_view);
template std::vector<double> ModelConfig::require(std::string_view);
template std::vector<std::string> ModelConfig::require(std::string_view);

Sides ModelConfig::sides(std::string_view key, Sides standard) {
    const json* value = read(key);
    if (value == nullptr) return standard;
    if (fits<std::int64_t>(*value)) return {value->get<std::int64_t>(), value->get<std::int64_t>()};
    if (!fits<std::vector<std::int64_t>>(*value) || value->size() != 2) refuse(key, "a side or [height, width]");
    return {(*value)[0].get<std::int64_t>(), (*value)[1].get<std::int64_t>()};
}

std::string ModelConfig::choice(std::string_view key, std::string_view standard, const std::vector<std::string>& choices) {
    const auto value = get<std::string>(key, std::string(standard));
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) refuse(key, fmt::format("one of {}", join(choices)));
    return value;
}

std::string ModelConfig::activation(std::string_view key, std::string_view standard) {
    const auto name = get<std::string>(key, std::string(standard));
    if (const auto known = kActivations.find(name); known != kActivations.end()) return known->second;
    if (std::find(kOwnActivations.begin(), kOwnActivations.end(), name) == kOwnActivations.end())
        refuse(key, fmt::format("one of {}, gelu_new, gelu_pytorch_tanh", join(kOwnActivations)));
    return name;
}

ModelConfig ModelConfig::section(std::string_view key) {
    const json* value = read(key);
    if (value != nullptr && !value->is_object()) refuse(key, "a JSON object");
    return ModelConfig(content_, value, pathOf(key) + ".");
}

std::optional<ModelConfig> ModelConfig::beside(std::string_view fileName) const {
    const std::filesystem::path config(subject());
    const std::filesystem::path file = config.parent_path() / fileName;
    std::error_code code;
    if (config.filename() != "config.json" || !std::filesystem::exists(file, code)) return std::nullopt;
    return ModelConfig(file);
}

std::string ModelConfig::className() {
    const auto names = get<std::vector<std::string>>("architectures", {});
    return names.empty() ? std::string() : names.front();
}

void ModelConfig::expectClass(const std::string& name) {
    const std::string found = className();
    if (!found.empty() && found != name) refuse("architectures", name);
}

void ModelConfig::ignore(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) content_->readKeys.insert(pathOf(key));
}

void ModelConfig::ignoreRest() {
    if (table_ == nullptr) return;
    for (const auto& [key, value] : table_->items()) content_->readKeys.insert(pathOf(key));
}

void ModelConfig::refuse(std::string_view key, std::string_view expected) const {
    const json* value = find(key);
    throw DataError(fmt::format("{}: {} is {}, expected {}", subject(), pathOf(key), value == nullptr ? "missing" : value->dump(), expected));
}

void ModelConfig::refuseUnread() const {
    const auto check = [&](const auto& self, const json& table, const std::string& path) -> void {
        for (const auto& [key, value] : table.items()) {
            const std::string whole = path + key;
            const bool isRead = content_->readKeys.contains(whole), isEmptyTable = value.is_object() && value.empty();
            const bool isSection = value.is_object() && std::any_of(content_->readKeys.begin(), content_->readKeys.end(),
                                                                    [&](const std::string& read) { return read.starts_with(whole + "."); });
            if (isSection)
                self(self, value, whole + ".");
            else if (!isRead && !value.is_null() && !isEmptyTable && !kWithoutEffect.contains(key))
                throw DataError(
                    fmt::format("{}: {} is {}, which cannot be honoured: nothing in this model reads it; remove the key if it has no effect",
                                subject(), whole, value.dump().substr(0, 80)));
        }
    };
    check(check, content_->root, "");
}

}  // namespace maskscope
