#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/param_reader.h"
#include "core/value.h"
#include "training/optimizer.h"
#include "training/schedule.h"

namespace maskscope {

/// The [train] table of a recipe.
struct TrainSettings {
    std::int64_t steps = 0;  // length of the schedule
    std::int64_t batch = 0;
    std::int64_t accumulate = 1;  // micro-batches a step
    double clip = 0.0;
    double ema = 0.0;  // momentum of the averaged weights; 0: none
    double lr = 0.0, layerDecay = 1.0;
    bool decayAll = false;  // false: norms, biases, tokens and positions do not decay
    std::string precision;  // auto | fp32 | bf16
    int threads = 0, workers = 0;
    bool fast = true;            // on a CPU: each core on samples of its own, blocks as one operation
    bool recompute = false;      // transformer blocks compute their insides again in the backward pass: less memory, more time
    std::string graph;           // auto: on a GPU steps are recorded and replayed; on: on a CPU too, as a test; off
    std::int64_t readEvery = 0;  // steps whose results are read together; 0: as the device likes it
    std::int64_t cacheMb = 0;    // -1: a quarter of the free memory
    std::int64_t checkpointEvery = 0, validateEvery = 0, snapshotEvery = 0;
    std::int64_t validationImages = 0, probeImages = 0, keepRecent = 3;
    double validationShare = 0.0;
    AdamW::Params adamw;
    Schedule::Params schedule;
    Value augment;  // the domain reads it

    /// Steps whose losses are read together: on a GPU every reading waits until it has come so far.
    std::int64_t readEveryOn(bool isCpu) const { return readEvery > 0 ? readEvery : isCpu ? 1 : 16; }

    Schedule lrSchedule() const { return {schedule, lr, static_cast<double>(steps)}; }

    /// @param root  a resolved recipe. @throws RecipeError
    static TrainSettings read(const Value& root);
    /// The reader's documentation of every key.
    static std::vector<ParamDoc> document();
};

}  // namespace maskscope
