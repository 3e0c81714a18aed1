#include "recipes/strategy_text.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "core/toml.h"

namespace maskscope {

Value parseStrategy(const std::string& text) {
    const std::size_t colon = text.find(':');
    Value strategy(Value::Table{{"strategy", text.substr(0, colon)}});
    if (colon == std::string::npos) return strategy;
    for (const std::string& setting : split(text.substr(colon + 1), ',')) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageError(fmt::format("{}: '{}' is no setting, expected NAME:key=value,..., for example block:ratio=0.5", text, setting));
        setPath(strategy, setting.substr(0, equals), parseTomlValue(setting.substr(equals + 1), text));
    }
    return strategy;
}

}  // namespace maskscope
