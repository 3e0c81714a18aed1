#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "recipes/recipe.h"
#include "snapshot/records.h"

namespace maskscope {

/// Where a forked run comes from.
struct RunOrigin {
    std::filesystem::path run;
    std::int64_t step = 0;
};

/// What a new run is made of; the part of run.toml that a person decides.
struct TrainingRequest {
    Recipe recipe;
    std::filesystem::path data;
    std::filesystem::path validation;  // empty: a share of the data is held out
    std::uint64_t seed = 0;
    std::string device = "auto";
    std::optional<RunOrigin> origin = {};  // of a fork: the checkpoint that it starts from
};

/// What a run came to, as the last line of `train --json` says it.
struct TrainingSummary {
    std::int64_t steps = 0;
    double loss = 0.0;
    std::optional<double> validationLoss;  // of pixels where some are predicted, else the recipe's own
    std::optional<double> skill;           // of pixels; none where none are predicted
    std::optional<double> meanPatch, nearestVisible, inpaint;
    std::vector<ObjectiveRecord> objectives;
    double seconds = 0.0;
    bool stopped = false;  // before its end, because somebody asked
};

}  // namespace maskscope
