#include "core/value.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

bool isArrayOfTables(const Value& value) {
    return value.isArray() && !value.asArray().empty() &&
           std::all_of(value.asArray().begin(), value.asArray().end(), [](const Value& v) { return v.isTable(); });
}

const Value* nameOf(const Value& table) {
    const Value* name = table.find("name");
    return name != nullptr ? name : table.find("id");
}

bool changesKind(const Value& base, const Value& over) {
    for (const char* key : {"kind", "strategy"}) {
        const Value *before = base.find(key), *after = over.find(key);
        if (before != nullptr && after != nullptr && !(*before == *after)) return true;
    }
    return false;
}

Value mergedArray(const Value& base, const Value& over) {
    Value result = base;
    Value::Array& members = result.asArray();
    const Value::Array& changes = over.asArray();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const Value* name = nameOf(changes[i]);
        auto place = members.end();
        if (name != nullptr)
            place = std::find_if(members.begin(), members.end(), [&](const Value& member) {
                const Value* other = nameOf(member);
                return other != nullptr && *other == *name;
            });
        else if (i < members.size())
            place = members.begin() + static_cast<std::ptrdiff_t>(i);
        if (place == members.end())
            members.push_back(changes[i]);
        else
            *place = merged(*place, changes[i]);
    }
    return result;
}

std::optional<std::size_t> parseIndex(std::string_view text) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return index;
}

}  // namespace

std::string SourceLine::prefix() const {
    if (!file) return {};
    return line > 0 ? fmt::format("{}:{}: ", *file, line) : fmt::format("{}: ", *file);
}

std::string Value::describe() const {
    if (isTable()) return "a table";
    if (isArray()) return fmt::format("a list of {}", asArray().size());
    if (isString()) return fmt::format("the text '{}'", asString());
    if (isBool()) return asBool() ? "true" : "false";
    if (isNumber()) return fmt::format("the number {}", shortestNumber(asNumber()));
    return "nothing";
}

const Value* Value::find(std::string_view key) const {
    if (!isTable()) return nullptr;
    for (const auto& [name, value] : asTable())
        if (name == key) return &value;
    return nullptr;
}

Value* Value::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Value::set(std::string_view key, Value value) {
    if (!isTable()) data_ = Table{};
    if (Value* existing = find(key)) return *existing = std::move(value);
    asTable().emplace_back(std::string(key), std::move(value));
    return asTable().back().second;
}

void Value::erase(std::string_view key) {
    if (isTable()) std::erase_if(asTable(), [&](const auto& member) { return member.first == key; });
}

bool operator==(const Value& a, const Value& b) {
    if (a.isNumber() && b.isNumber()) return a.asNumber() == b.asNumber();
    if (!a.isTable() || !b.isTable()) return a.data_ == b.data_;
    return a.asTable().size() == b.asTable().size() && std::all_of(a.asTable().begin(), a.asTable().end(), [&](const auto& member) {
               const Value* other = b.find(member.first);
               return other != nullptr && *other == member.second;
           });
}

Value merged(const Value& base, const Value& over) {
    if (isArrayOfTables(base) && isArrayOfTables(over)) return mergedArray(base, over);
    if (!base.isTable() || !over.isTable() || changesKind(base, over)) return over;
    Value result = base;
    for (const auto& [key, value] : over.asTable()) {
        const Value* existing = result.find(key);
        Value combined = existing != nullptr ? merged(*existing, value) : value;
        result.set(key, std::move(combined));
    }
    return result;
}

void setPath(Value& root, std::string_view path, Value value) {
    Value* place = &root;
    const std::vector<std::string> steps = split(path, '.');
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::string& step = steps[i];
        const bool last = i + 1 == steps.size();
        if (step.empty()) throw RecipeError(fmt::format("{}'{}' is not a key: a part of it is empty", value.source().prefix(), path));
        if (place->isArray()) {
            Value::Array& members = place->asArray();
            if (const auto index = parseIndex(step)) {
                if (*index >= members.size())
                    throw RecipeError(fmt::format("{}{}: there is no number {}; the list has {} (counted from 0)", value.source().prefix(), path,
                                                  *index, members.size()));
                place = &members[*index];
                if (last) *place = std::move(value);
                continue;
            }
            if (members.size() != 1)
                throw RecipeError(fmt::format("{}{}: the list before '{}' has {} members; say which, counted from 0", value.source().prefix(), path,
                                              step, members.size()));
            place = &members.front();
        }
        if (!place->isTable() && !place->isNone())
            throw RecipeError(fmt::format("{}{}: '{}' has no member '{}', it is {}", value.source().prefix(), path,
                                          i == 0 ? "the recipe" : steps[i - 1], step, place->describe()));
        if (last) {
            Value change(Value::Table{{step, std::move(value)}});
            *place = merged(place->isNone() ? Value(Value::Table{}) : *place, change);
            return;
        }
        Value* child = place->find(step);
        place = child != nullptr ? child : &place->set(step, Value(Value::Table{}));
    }
}

}  // namespace maskscope
