#pragma once

#include <cstdint>
#include <vector>

namespace maskscope {

/// Two neighbouring tokens as one number, ordered by the first, then the second.
inline std::uint64_t pairKey(std::int64_t left, std::int64_t right) {
    return static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint64_t>(right);
}

/// Joins every occurrence of a pair, from the left.
inline void joinPair(std::vector<std::int64_t>& tokens, std::uint64_t pair, std::int64_t joined) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tokens.size(); ++kept) {
        const bool joins = i + 1 < tokens.size() && pairKey(tokens[i], tokens[i + 1]) == pair;
        tokens[kept] = joins ? joined : tokens[i];
        i += joins ? 2 : 1;
    }
    tokens.resize(kept);
}

}  // namespace maskscope
