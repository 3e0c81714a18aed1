#include "training/live_settings.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace maskscope {
namespace {

constexpr const char* kStateKey = "live";

/// A whole number as such, so that settings that count take it.
Value numberOf(double value) {
    constexpr double kExactWhole = 9007199254740992.0;  // 2^53
    if (std::nearbyint(value) == value && std::abs(value) < kExactWhole) return {static_cast<std::int64_t>(value)};
    return {value};
}

}  // namespace

std::vector<LiveSetting> liveSettingsOf(const TrainSettings& s) {
    const auto whole = [](std::int64_t value) { return static_cast<double>(value); };
    return {{"train.optimizer.lr", "learning rate after the warm-up; the schedule keeps its shape", s.lr, false},
            {"train.optimizer.weight_decay", "how strongly matrices are drawn to zero", s.adamw.weightDecay, false},
            {"train.clip", "largest norm of all gradients together; 0: no limit", s.clip, false},
            {"train.checkpoint_every", "steps between checkpoints", whole(s.checkpointEvery), true},
            {"train.validate_every", "steps between looks at the validation images", whole(s.validateEvery), true},
            {"train.snapshot_every", "steps between pictures of the probe images", whole(s.snapshotEvery), true}};
}

TrainSettings applyLive(Value& root, const LiveChange& change) {
    std::vector<std::string> keys;
    for (const LiveSetting& setting : liveSettingsOf({})) keys.push_back(setting.key);
    if (std::find(keys.begin(), keys.end(), change.key) == keys.end())
        throw UsageError(fmt::format("{} cannot change while a run goes on{}; those that can: {}; fork the run to change others", change.key,
                                     suggestion(change.key, keys), join(keys)));
    Value changed = root;
    setPath(changed, change.key, numberOf(change.value));
    const TrainSettings settings = TrainSettings::read(changed);
    root = std::move(changed);
    return settings;
}

nlohmann::json liveChangesToJson(const std::vector<LiveChange>& changes) {
    nlohmann::json list = nlohmann::json::array();
    for (const LiveChange& change : changes) list.push_back({{"step", change.step}, {"key", change.key}, {"value", change.value}});
    return list;
}

std::vector<LiveChange> liveChangesFromJson(const nlohmann::json& state) {
    std::vector<LiveChange> changes;
    const auto list = state.find(kStateKey);
    if (list == state.end()) return changes;
    try {
        for (const auto& item : *list)
            changes.push_back({item.at("step").get<std::int64_t>(), item.at("key").get<std::string>(), item.at("value").get<double>()});
    } catch (const nlohmann::json::exception&) {
        throw DataError(fmt::format("state.json: '{}' is no list of changed settings; the file was edited, use an earlier checkpoint", kStateKey));
    }
    return changes;
}

}  // namespace maskscope
