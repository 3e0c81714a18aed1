#include "asked_model.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/model_session.h"
#include "console.h"
#include "core/error.h"

namespace maskscope::cli {
namespace {

constexpr std::size_t kShownTensors = 8;
constexpr int kLongestSide = 1 << 14;

Sides parseSize(const std::string& text) {
    int height = 0, width = 0, used = 0;
    const bool both = std::sscanf(text.c_str(), "%5dx%5d%n", &height, &width, &used) == 2 && static_cast<std::size_t>(used) == text.size();
    if (!both || std::min(height, width) < 1 || std::max(height, width) > kLongestSide)
        throw UsageError(fmt::format("--size {}: expected HEIGHTxWIDTH in pixels, such as 224x320", text));
    return {height, width};
}

void printList(const char* title, const nlohmann::ordered_json& names) {
    if (names.empty()) return;
    fmt::print("{}: {}\n", title, names.size());
    for (std::size_t i = 0; i < std::min(names.size(), kShownTensors); ++i) fmt::print("    {}\n", names[i].get<std::string>());
}

}  // namespace

RunSession openAsked(const AskedModel& asked) {
    if (asked.model.empty()) return openRunSession(asked.run, asked.step);
    std::optional<Sides> size;
    if (!asked.size.empty()) size = parseSize(asked.size);
    RunSession opened;
    opened.session = readingInput([&] { return openModelSession(asked.model, size); }).session;
    return opened;
}

nlohmann::ordered_json cardJson(const IdentityCard& card) {
    nlohmann::ordered_json facts = nlohmann::ordered_json::object();
    for (const IdentityCard::Fact& fact : card.facts) facts[fact.name] = fact.value;
    return {{"title", card.title}, {"family", card.family},      {"source", card.source},         {"parameters", card.parameters}, {"facts", facts},
            {"works", card.works}, {"works_not", card.worksNot}, {"unexpected", card.unexpected}, {"missing", card.missing}};
}

void printCard(const nlohmann::ordered_json& card) {
    fmt::print("{}\n", card["title"].get<std::string>());
    for (const auto& [name, value] : card["facts"].items()) fmt::print("    {}: {}\n", name, value.get<std::string>());
    for (const auto& [key, mark] : {std::pair{"works", '+'}, std::pair{"works_not", '-'}})
        for (const auto& sentence : card[key]) fmt::print("  {} {}\n", mark, sentence.get<std::string>());
    printList("tensors that are not used", card["unexpected"]);
    printList("tensors that are missing", card["missing"]);
}

}  // namespace maskscope::cli
