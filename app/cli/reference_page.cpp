#include "reference_page.h"

#include <map>
#include <regex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace maskscope::cli {
namespace {

using nlohmann::json;

/// What the categories' letters of a family mean; none: the family has no letter.
const std::map<std::string, std::string> kLetters{{"mask", "B basic, A advanced"},
                                                  {"target", "P pixels, F features, T tokens"},
                                                  {"encoder", "T transformer, C convolutions, G graph network"},
                                                  {"head", "M masked modelling, C contrastive"}};

/// A cell of a table: what would end it is escaped.
std::string cell(const std::string& text) { return std::regex_replace(text, std::regex(R"(\|)"), R"(\|)"); }

std::string shown(const json& value) {
    if (value.is_null()) return "";
    return "`" + cell(value.is_string() ? value.get<std::string>() : value.dump()) + "`";
}

std::string rangeOf(const json& parameter) {
    if (!parameter.contains("choices")) return cell(parameter["range"].get<std::string>());
    std::string choices;
    for (const json& choice : parameter["choices"]) choices += (choices.empty() ? "`" : ", `") + choice.get<std::string>() + "`";
    return choices;
}

std::string section(const json& component) {
    const auto letter = component["category"].get<std::string>();
    std::string text = fmt::format("### {}{}\n\n{}.\n\n", component["name"].get<std::string>(), letter == "-" ? "" : fmt::format(" ({})", letter),
                                   component["help"].get<std::string>());
    if (component["parameters"].empty()) return text + "It has no parameters.\n\n";
    text += "| parameter | default | range | what it is |\n|---|---|---|---|\n";
    for (const json& parameter : component["parameters"])
        text += fmt::format("| `{}` | {} | {} | {} |\n", parameter["name"].get<std::string>(), shown(parameter["default"]), rangeOf(parameter),
                            cell(parameter["help"].get<std::string>()));
    return text + "\n";
}

}  // namespace

std::string referencePage(const json& components) {
    std::string page =
        "# Components\n\n"
        "What recipes are composed of, written by `maskscope-cli components --markdown`. The letter behind a name is its part of a method's "
        "category.\n\n";
    std::string family;
    for (const json& component : components) {
        if (const auto next = component["family"].get<std::string>(); next != family) {
            family = next;
            const auto letters = kLetters.find(family);
            page +=
                fmt::format("## {}{}\n\n",
                            family == "training" ? "The [train] table"
                                                 : static_cast<char>(std::toupper(family[0])) + family.substr(1) + (family == "loss" ? "es" : "s"),
                            letters == kLetters.end() ? "" : ": " + letters->second);
        }
        page += section(component);
    }
    page.pop_back();  // one line ends the page
    return page;
}

}  // namespace maskscope::cli
