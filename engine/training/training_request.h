#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "recipes/recipe.h"

namespace maskscope {

/// What a new run is made of; the part of run.toml that a person decides.
struct TrainingRequest {
    Recipe recipe;
    std::filesystem::path data;
    std::filesystem::path validation;  // empty: a share of the data is held out
    std::uint64_t seed = 0;
    std::string device = "auto";
};

/// What a run came to, as the last line of `train --json` says it.
struct TrainingSummary {
    std::int64_t steps = 0;
    double loss = 0.0;
    std::optional<double> validationLoss, skill;
    std::optional<double> meanPatch, nearestVisible, inpaint;
    double seconds = 0.0;
    bool stopped = false;  // before its end, because somebody asked
};

}  // namespace maskscope
