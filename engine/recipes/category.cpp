#include "recipes/category.h"

#include "recipes/components.h"
#include "recipes/method_spec.h"

namespace maskscope {
namespace {

char letterOf(const auto& registry, const Value& table, const char* key) {
    const Value* name = table.find(key);
    return name != nullptr && name->isString() ? registry.find(name->asString()).category : '-';
}

}  // namespace

std::string deriveCategory(const MethodSpec& spec, const Components& components) {
    char mask = 'B';
    for (const MaskSpec& each : spec.masks)
        if (letterOf(components.masks, each.strategy, "strategy") == 'A') mask = 'A';
    for (const PassSpec& pass : spec.passes)
        if (!pass.maskedBy.empty()) mask = 'A';  // masks that a network draws
    bool restores = false, contrasts = false;
    for (const ObjectiveSpec& objective : spec.objectives) {
        (objective.on == "class" ? contrasts : restores) = true;  // whole samples are told apart, tokens are restored
    }
    const char encoder = letterOf(components.encoders, spec.networks.front().component, "kind");
    const char target = letterOf(components.targets, spec.objectives.front().target, "kind");
    return {mask, encoder, target, restores && contrasts ? 'B' : contrasts ? 'C' : 'M'};
}

}  // namespace maskscope
