#include "mask_arguments.h"

#include <charconv>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "recipes/recipe.h"

namespace maskscope::cli {

std::vector<std::int64_t> parseGrid(const std::string& text) {
    std::vector<std::int64_t> sides;
    for (const std::string& part : split(text, 'x')) {
        std::int64_t side = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), side);
        if (error != std::errc() || end != part.data() + part.size() || side < 1 || side > 4096)
            throw UsageError(fmt::format("--grid {}: expected one to three whole numbers from 1 to 4096, for example 14x14", text));
        sides.push_back(side);
    }
    if (sides.size() > 3) throw UsageError(fmt::format("--grid {}: has {} sides, expected one to three", text, sides.size()));
    return sides;
}

void addSettings(Value& strategy, const std::vector<std::string>& settings) { applySettings(strategy, settings); }

}  // namespace maskscope::cli
