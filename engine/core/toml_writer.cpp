#include <cmath>

#include <fmt/format.h>

#include "core/toml.h"

namespace maskscope {
namespace {

bool isTableList(const Value& value) {
    if (!value.isArray() || value.asArray().empty()) return false;
    for (const Value& member : value.asArray())
        if (!member.isTable()) return false;
    return true;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            result += fmt::format("\\{}", c);
        else if (c == '\n')
            result += "\\n";
        else if (byte < 0x20 || byte == 0x7F)
            result += fmt::format("\\u{:04X}", byte);
        else
            result += c;
    }
    return result + "\"";
}

std::string keyText(const std::string& key) {
    const bool isBare =
        !key.empty() && key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
    return isBare ? key : quoted(key);
}

/// The shortest digits that read back as the same number, always told from an integer.
std::string realText(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
    const std::string text = fmt::format("{}", number);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string inlineText(const Value& value) {
    if (value.isString()) return quoted(value.asString());
    if (value.isBool()) return value.asBool() ? "true" : "false";
    if (value.isInteger()) return fmt::format("{}", value.asInteger());
    if (value.isNumber()) return realText(value.asNumber());
    std::string inside;
    if (value.isArray()) {
        for (const Value& member : value.asArray()) inside += (inside.empty() ? "" : ", ") + inlineText(member);
        return "[" + inside + "]";
    }
    for (const auto& [key, member] : value.asTable())
        if (!member.isNone()) inside += fmt::format("{}{} = {}", inside.empty() ? "" : ", ", keyText(key), inlineText(member));
    return inside.empty() ? "{}" : "{ " + inside + " }";
}

/// Plain keys first, since whatever follows a [header] belongs to it; then tables and lists of tables, in their order.
void writeTable(std::string& out, const Value& table, const std::string& path) {
    for (const auto& [key, value] : table.asTable())
        if (!value.isNone() && !value.isTable() && !isTableList(value)) out += fmt::format("{} = {}\n", keyText(key), inlineText(value));
    for (const auto& [key, value] : table.asTable()) {
        const std::string below = path.empty() ? keyText(key) : path + "." + keyText(key);
        if (value.isTable()) {
            out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", below);
            writeTable(out, value, below);
        } else if (isTableList(value)) {
            for (const Value& member : value.asArray()) {
                out += fmt::format("{}[[{}]]\n", out.empty() ? "" : "\n", below);
                writeTable(out, member, below);
            }
        }
    }
}

}  // namespace

std::string writeToml(const Value& table) {
    std::string out;
    writeTable(out, table, "");
    return out;
}

}  // namespace maskscope
