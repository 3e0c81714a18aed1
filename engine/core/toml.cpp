#include "core/toml.h"

#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "core/error.h"
#include "core/files.h"

namespace maskscope {
namespace {

using FileName = std::shared_ptr<const std::string>;

Value fromNode(const toml::node& node, const FileName& file) {
    Value value;
    if (const auto* table = node.as_table()) {
        Value::Table members;
        for (const auto& [key, child] : *table) members.emplace_back(std::string(key.str()), fromNode(child, file));
        // toml++ sorts keys; the order of the text is the order people expect to see again.
        std::stable_sort(members.begin(), members.end(),
                         [](const auto& a, const auto& b) { return a.second.source().line < b.second.source().line; });
        value = Value(std::move(members));
    } else if (const auto* array = node.as_array()) {
        Value::Array members;
        for (const toml::node& child : *array) members.push_back(fromNode(child, file));
        value = Value(std::move(members));
    } else if (const auto* boolean = node.as_boolean()) {
        value = Value(boolean->get());
    } else if (const auto* integer = node.as_integer()) {
        value = Value(std::int64_t{integer->get()});
    } else if (const auto* real = node.as_floating_point()) {
        value = Value(real->get());
    } else if (const auto* text = node.as_string()) {
        value = Value(text->get());
    } else {
        throw RecipeError(fmt::format("{}:{}: dates and times have no meaning here; write a number or a text", *file, node.source().begin.line));
    }
    value.setSource({file, static_cast<int>(node.source().begin.line)});
    return value;
}

}  // namespace

Value parseToml(std::string_view text, const std::string& name) {
    const auto file = std::make_shared<const std::string>(name);
    try {
        const toml::table table = toml::parse(text, std::string_view(name));
        return fromNode(table, file);
    } catch (const toml::parse_error& error) {
        throw RecipeError(fmt::format("{}:{}: not valid TOML: {}", name, error.source().begin.line, error.description()));
    }
}

Value readToml(const std::filesystem::path& file) { return parseToml(readFile(file), file.string()); }

Value parseTomlValue(std::string_view text, const std::string& name) {
    const auto file = std::make_shared<const std::string>(name);
    Value value;
    try {
        value = fromNode(*toml::parse(fmt::format("value = {}", text)).get("value"), file);
    } catch (const toml::parse_error&) {
        value = Value(std::string(text));
    }
    value.setSource({file, 0});
    return value;
}

}  // namespace maskscope
