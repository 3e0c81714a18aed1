#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace maskscope {

struct WatchBenchRequest {
    std::filesystem::path data;
    std::string recipe = "mae", scale = "classroom";
    std::int64_t segments = 8;  // of each kind
    double segmentSeconds = 5.0;
    double questionPeriod = 0.2;  // seconds between two questions in the segments that ask
};

/// What a step took, mean over a segment.
struct StepCost {
    std::int64_t steps = 0;   // of the segment
    double seconds = 0.0;     // on the clock
    double cpuSeconds = 0.0;  // of all threads: other programs on the machine disturb it less
};

/// What watching costs. Segments of one run alternate between the three ways, forwards and backwards in turn, so that a
/// machine that grows slower or faster meanwhile treats them alike.
struct WatchBench {
    std::vector<StepCost> alone, watched, asked;  // a segment each: nobody looks; all topics are wanted and weights are taken once
                                                  // a second; besides, a desk reconstructs
    double cost = 0.0, cpuCost = 0.0;             // a step of all watched segments over one of all that are alone, minus 1
    double observingShare = 0.0;                  // of the training thread's time in watched segments, as it counts it itself
    std::vector<double> answerSeconds;            // of every question, from asking to the answer
    std::vector<double> answerWorkSeconds;        // of that, the desk's own work
    std::int64_t observedEvery = 1;               // steps between two looks at the end
};

/// Trains in a temporary folder, which is removed. @throws as TrainingSession's run would fail
WatchBench runWatchBench(const WatchBenchRequest& request, const std::stop_token& stop);

}  // namespace maskscope
