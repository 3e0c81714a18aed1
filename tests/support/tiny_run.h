#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <QTemporaryDir>

#include "core/files.h"
#include "recipes/recipe.h"
#include "sample_data/sample_data.h"
#include "training/training_request.h"

namespace maskscope::testing {

/// A folder with a few small pictures, and requests for runs on them that take milliseconds a step.
class TinyRuns {
public:
    TinyRuns() { generateSampleData(data(), {.trainImages = 40, .testImages = 10, .sidePx = 16}); }

    std::filesystem::path data() const { return path("data"); }
    std::filesystem::path path(const std::string& name) const { return std::filesystem::path(folder_.path().toStdString()) / name; }

    TrainingRequest request(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> settings{"input.size=16",           "encoder.width=16",       "encoder.depth=1", "encoder.heads=2",
                                          "objective.head.width=16", "train.batch=8",          "train.steps=40",  "train.checkpoint_every=4",
                                          "train.validate_every=4",  "train.snapshot_every=5", "train.threads=1", "train.schedule.warmup=2"};
        settings.insert(settings.end(), more.begin(), more.end());
        return {.recipe = loadRecipe("mae", {"classroom", settings}, resourcesFolder() / "recipes"),
                .data = data() / "train",
                .validation = data() / "test",
                .seed = 5,
                .device = "cpu"};
    }

    std::string modelBytes(const std::string& run, std::int64_t step) const {
        return readFile(path(run) / "checkpoints" / ("step-" + std::to_string(step)) / "model.safetensors");
    }

private:
    QTemporaryDir folder_;
};

}  // namespace maskscope::testing
