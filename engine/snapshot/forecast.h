#pragma once

#include <cstdint>

namespace maskscope {

/// What a run will take, from a few trial steps of its own model on its own data.
struct Forecast {
    std::int64_t parameters = 0;
    std::int64_t steps = 0;          // of the schedule
    std::int64_t trialSteps = 0;     // measured ones; one more warmed up; 0: none were tried, since memory would not do
    std::int64_t trialSamples = 0;   // in a trial step; fewer than `batch`: time and memory of a step are extrapolated from them
    std::int64_t batch = 0;          // samples of one pass in a step of the run
    double stepSeconds = 0.0;        // measured, median: masks, forward, backward, optimiser; batches are prepared meanwhile
    double validationSeconds = 0.0;  // estimated from one measured batch: all looks at the validation samples together
    double totalSeconds = 0.0;       // steps * stepSeconds + validationSeconds
    double peakBytes = 0.0;          // measured: the most that the process held during the trial, without decoded data; 0: unknown
    double availableBytes = 0.0;     // what the process holds already, and what the machine has left for it
    double dataBytes = 0.0;          // estimated from the headers of some images: decoded, if they are kept in memory; 0: unknown
    double checkpointBytes = 0.0;    // counted: one checkpoint
    double diskBytes = 0.0;          // counted: the checkpoints that stand at worst
};

}  // namespace maskscope
