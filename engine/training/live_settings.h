#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/value.h"
#include "snapshot/session.h"
#include "training/settings.h"

namespace maskscope {

/// A change of a live setting, as checkpoints keep it.
struct LiveChange {
    std::int64_t step = 0;  // steps done when it was made
    std::string key;
    double value = 0.0;
};

/// The settings that may change between two steps. The others are part of what a run is: the model, the data, the masks (those
/// of the validation images are frozen with them), the length of the schedule.
std::vector<LiveSetting> liveSettingsOf(const TrainSettings& settings);

/// Lays a live change over a resolved recipe.
/// @return the training settings that follow. @throws UsageError if the setting cannot change live, RecipeError for its value
TrainSettings applyLive(Value& root, const LiveChange& change);

/// For state.json, and back. @throws DataError if it is something else
nlohmann::json liveChangesToJson(const std::vector<LiveChange>& changes);
std::vector<LiveChange> liveChangesFromJson(const nlohmann::json& state);

}  // namespace maskscope
