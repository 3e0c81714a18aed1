#include "core/json.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace maskscope {

nlohmann::json toJson(const Value& value) {
    if (value.isTable()) {
        nlohmann::json object = nlohmann::json::object();
        for (const auto& [key, member] : value.asTable()) object[key] = toJson(member);
        return object;
    }
    if (value.isArray()) {
        nlohmann::json list = nlohmann::json::array();
        for (const Value& member : value.asArray()) list.push_back(toJson(member));
        return list;
    }
    if (value.isString()) return value.asString();
    if (value.isBool()) return value.asBool();
    if (value.isInteger()) return value.asInteger();
    if (value.isNumber() && std::isfinite(value.asNumber())) return value.asNumber();
    return nullptr;
}

}  // namespace maskscope
