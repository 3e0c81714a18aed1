#include "core/param_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

const Value kEmptyTable{Value::Table{}};

template <typename T>
Value listValue(const std::vector<T>& items) {
    Value::Array members;
    for (const T& item : items) members.emplace_back(item);
    return Value(std::move(members));
}

}  // namespace

bool Range::contains(double x) const { return !std::isnan(x) && (openMin ? x > min : x >= min) && (openMax ? x < max : x <= max); }

std::string Range::text() const {
    const bool below = std::isfinite(min), above = std::isfinite(max);
    if (below && above) return fmt::format("{} {} x {} {}", shortestNumber(min), openMin ? "<" : "<=", openMax ? "<" : "<=", shortestNumber(max));
    if (below) return fmt::format("x {} {}", openMin ? ">" : ">=", shortestNumber(min));
    if (above) return fmt::format("x {} {}", openMax ? "<" : "<=", shortestNumber(max));
    return {};
}

ParamReader::ParamReader(const Value& table, std::string path, std::string subject)
    : table_(table.isNone() ? &kEmptyTable : &table), path_(std::move(path)), subject_(std::move(subject)) {
    if (!table_->isTable())
        throw RecipeError(
            fmt::format("{}{} must be a table of settings for {}, found {}", table.source().prefix(), path_, subject_, table.describe()));
}

ParamReader ParamReader::documenting() {
    ParamReader reader;
    reader.table_ = &kEmptyTable;
    reader.documenting_ = true;
    return reader;
}

std::string ParamReader::keyPath(std::string_view key) const { return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key); }

void ParamReader::fail(std::string_view key, std::string_view reason) const {
    const Value* value = table_->find(key);
    throw RecipeError(fmt::format("{}{} of {} {}", (value != nullptr ? *value : *table_).source().prefix(), keyPath(key), subject_, reason));
}

const Value* ParamReader::take(std::string_view key, const char* type, Value defaultValue, std::string range, std::string_view help,
                               std::vector<std::string> choices) {
    docs_.push_back({std::string(key), type, std::move(defaultValue), std::move(range), std::move(choices), std::string(help)});
    return table_->find(key);
}

std::int64_t ParamReader::checkedInteger(std::string_view key, const Value& value, const Range& range) const {
    const bool whole = value.isNumber() && value.asNumber() == std::floor(value.asNumber()) && std::abs(value.asNumber()) < 9.0e15;
    if (!whole) fail(key, fmt::format("must be a whole number, found {}", value.describe()));
    if (!range.contains(value.asNumber())) fail(key, fmt::format("is {}, expected {}", shortestNumber(value.asNumber()), range.text()));
    return value.isInteger() ? value.asInteger() : static_cast<std::int64_t>(value.asNumber());
}

double ParamReader::checkedNumber(std::string_view key, const Value& value, const Range& range) const {
    if (!value.isNumber()) fail(key, fmt::format("must be a number, found {}", value.describe()));
    if (!range.contains(value.asNumber())) fail(key, fmt::format("is {}, expected {}", shortestNumber(value.asNumber()), range.text()));
    return value.asNumber();
}

std::int64_t ParamReader::integer(std::string_view key, std::int64_t defaultValue, Range range, std::string_view help) {
    const Value* value = take(key, "integer", Value(defaultValue), range.text(), help);
    return value != nullptr ? checkedInteger(key, *value, range) : defaultValue;
}

double ParamReader::number(std::string_view key, double defaultValue, Range range, std::string_view help) {
    const Value* value = take(key, "number", Value(defaultValue), range.text(), help);
    return value != nullptr ? checkedNumber(key, *value, range) : defaultValue;
}

std::optional<std::int64_t> ParamReader::optionalInteger(std::string_view key, Range range, std::string_view help) {
    const Value* value = take(key, "integer", Value(), range.text(), help);
    return value != nullptr ? std::optional(checkedInteger(key, *value, range)) : std::nullopt;
}

std::optional<double> ParamReader::optionalNumber(std::string_view key, Range range, std::string_view help) {
    const Value* value = take(key, "number", Value(), range.text(), help);
    return value != nullptr ? std::optional(checkedNumber(key, *value, range)) : std::nullopt;
}

bool ParamReader::flag(std::string_view key, bool defaultValue, std::string_view help) {
    const Value* value = take(key, "flag", Value(defaultValue), "true or false", help);
    if (value != nullptr && !value->isBool()) fail(key, fmt::format("must be true or false, found {}", value->describe()));
    return value != nullptr ? value->asBool() : defaultValue;
}

std::string ParamReader::text(std::string_view key, std::string_view defaultValue, std::string_view help) {
    const Value* value = take(key, "text", Value(std::string(defaultValue)), {}, help);
    if (value != nullptr && !value->isString()) fail(key, fmt::format("must be a text, found {}", value->describe()));
    return value != nullptr ? value->asString() : std::string(defaultValue);
}

std::string ParamReader::choice(std::string_view key, std::string_view defaultValue, std::vector<std::string> choices, std::string_view help) {
    const Value* value = take(key, "choice", Value(std::string(defaultValue)), join(choices, " | "), help, choices);
    if (value == nullptr) return std::string(defaultValue);
    if (!value->isString() || std::find(choices.begin(), choices.end(), value->asString()) == choices.end())
        fail(key, fmt::format("is {}, expected one of {}{}", value->describe(), join(choices),
                              value->isString() ? suggestion(value->asString(), choices) : std::string()));
    return value->asString();
}

std::vector<std::int64_t> ParamReader::integers(std::string_view key, std::vector<std::int64_t> defaultValue, Range range, std::string_view help) {
    const Value* value = take(key, "integers", listValue(defaultValue), range.text(), help);
    if (value == nullptr) return defaultValue;
    if (!value->isArray()) return {checkedInteger(key, *value, range)};
    std::vector<std::int64_t> items;
    for (const Value& item : value->asArray()) items.push_back(checkedInteger(key, item, range));
    return items;
}

std::vector<double> ParamReader::numbers(std::string_view key, std::vector<double> defaultValue, Range range, std::string_view help) {
    const Value* value = take(key, "numbers", listValue(defaultValue), range.text(), help);
    if (value == nullptr) return defaultValue;
    if (!value->isArray()) return {checkedNumber(key, *value, range)};
    std::vector<double> items;
    for (const Value& item : value->asArray()) items.push_back(checkedNumber(key, item, range));
    return items;
}

std::vector<std::string> ParamReader::texts(std::string_view key, std::vector<std::string> defaultValue, std::string_view help) {
    const Value* value = take(key, "texts", listValue(defaultValue), {}, help);
    if (value == nullptr) return defaultValue;
    std::vector<std::string> items;
    const Value::Array single{*value};
    for (const Value& item : value->isArray() ? value->asArray() : single) {
        if (!item.isString()) fail(key, fmt::format("must be a list of texts, found {}", item.describe()));
        items.push_back(item.asString());
    }
    return items;
}

const Value* ParamReader::section(std::string_view key, std::string_view help) { return take(key, "section", Value(), {}, help); }

void ParamReader::skip(std::string_view key) { skipped_.emplace_back(key); }

void ParamReader::finish() const {
    if (documenting_) return;
    std::vector<std::string> known;
    for (const ParamDoc& doc : docs_) known.push_back(doc.name);
    for (const auto& [key, value] : table_->asTable()) {
        const auto isKey = [&name = key](const std::string& other) { return other == name; };
        if (std::any_of(known.begin(), known.end(), isKey) || std::any_of(skipped_.begin(), skipped_.end(), isKey)) continue;
        const std::string hint = suggestion(key, known);
        throw RecipeError(fmt::format("{}{} is not a parameter of {}{}", value.source().prefix(), keyPath(key), subject_,
                                      !hint.empty()   ? hint
                                      : known.empty() ? std::string("; it has none")
                                                      : fmt::format("; it has {}", join(known))));
    }
}

}  // namespace maskscope
