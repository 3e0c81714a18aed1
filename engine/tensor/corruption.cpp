#include "tensor/corruption.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

constexpr std::array<std::pair<CorruptionKind, const char*>, 10> kKinds{{{CorruptionKind::None, "none"},
                                                                         {CorruptionKind::Drop, "drop"},
                                                                         {CorruptionKind::Sparse, "sparse"},
                                                                         {CorruptionKind::Token, "token"},
                                                                         {CorruptionKind::Zero, "zero"},
                                                                         {CorruptionKind::Noise, "noise"},
                                                                         {CorruptionKind::Swap, "swap"},
                                                                         {CorruptionKind::Mix, "mix"},
                                                                         {CorruptionKind::Filter, "filter"},
                                                                         {CorruptionKind::Random, "random"}}};

}  // namespace

CorruptionKind corruptionKind(const std::string& word) {
    std::vector<std::string> words;
    for (const auto& [kind, name] : kKinds) {
        if (word == name) return kind;
        words.emplace_back(name);
    }
    const std::string hint = suggestion(word, words);
    throw RecipeError(fmt::format("'{}' is not a corruption{}", word, hint.empty() ? fmt::format("; there are {}", join(words)) : hint));
}

std::string corruptionName(CorruptionKind kind) {
    for (const auto& [other, name] : kKinds)
        if (other == kind) return name;
    return "none";
}

std::string corruptionName(CorruptionPlace place) {
    switch (place) {
        case CorruptionPlace::Input:
            return "input";
        case CorruptionPlace::Embedding:
            return "embedding";
        case CorruptionPlace::Layer:
            return "layer";
    }
    return "embedding";
}

}  // namespace maskscope
