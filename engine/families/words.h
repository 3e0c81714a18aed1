#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace maskscope {

/// "12 blocks of width 768", as cards say it.
inline std::string blocksOf(std::int64_t depth, std::int64_t width) {
    return fmt::format("{} {} of width {}", depth, depth == 1 ? "block" : "blocks", width);
}

}  // namespace maskscope
