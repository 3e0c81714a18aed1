#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/picture.h"

namespace maskscope {

/// What one training step came to.
struct StepRecord {
    std::int64_t step = 0;  // steps done, this one included
    double loss = 0.0;
    double learningRate = 0.0;
    double gradientNorm = 0.0;
    double seconds = 0.0;  // since the run started, pauses between sessions not counted
    double imagesPerSecond = 0.0;
};

/// Losses of predictors that learn nothing, mean squared error on hidden patches in [-1, 1] pixel units.
struct BaselineRecord {
    double meanPatch = 0.0, nearestVisible = 0.0, inpaint = 0.0;
};

/// One objective on the frozen validation samples.
struct ObjectiveRecord {
    std::string name;
    double loss = 0.0;
    /// The same loss for the best answer that does not look at its sample: the mean target, or for codes their frequencies;
    /// none where the loss has no such answer.
    std::optional<double> trivial;
};

/// What the frozen validation samples say after a step.
struct ValidationRecord {
    std::int64_t step = 0;
    double objective = 0.0;  // the recipe's own loss
    std::vector<ObjectiveRecord> objectives;
    std::optional<double> pixelLoss;  // comparable with the baselines; none where no pixels are predicted
    std::optional<double> skill;      // 1 - pixelLoss / baselines.meanPatch
    BaselineRecord baselines;
};

/// The probe samples as the model of a step fills them in.
struct ProbeRecord {
    std::int64_t step = 0;
    std::vector<Picture> pictures;
};

/// Work that is not training and takes a while: reading data, decoding, baselines.
struct WorkRecord {
    std::string what;
    std::int64_t done = 0, total = 0;  // total 0: unknown
};

}  // namespace maskscope
