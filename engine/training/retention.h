#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace maskscope {

/// What the choice of checkpoints to keep depends on.
struct CheckpointFacts {
    std::int64_t step = 0;
    std::optional<double> valLoss;
    bool pinned = false;
};

struct RetentionPolicy {
    int recent = 3;  // the newest so many are kept, at least 1
};

/// The steps to keep, rising. These are: step 0; the pinned ones; the `recent` newest; the one of least val_loss (of
/// equals the earliest; NaN is none); and of the rest a history that thins out towards the present: in each octave of
/// steps, 1, 2..3, 4..7, 8..15, ..., the first one. A checkpoint once dropped is never wanted again later, so that
/// applying the rule after each save gives what applying it once at the end would (but for the best).
std::vector<std::int64_t> stepsToKeep(std::span<const CheckpointFacts> checkpoints, const RetentionPolicy& policy);

/// How many checkpoints stand on the disk at worst when a run saves every `every` steps up to `steps` (and at its end):
/// what the rule keeps, one more for the best, and the one being written.
std::int64_t forecastCount(std::int64_t steps, std::int64_t every, const RetentionPolicy& policy);

/// The same in bytes.
double forecastBytes(std::int64_t steps, std::int64_t every, double bytesPerCheckpoint, const RetentionPolicy& policy);

}  // namespace maskscope
