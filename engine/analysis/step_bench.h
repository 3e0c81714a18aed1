#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <c10/core/Device.h>

namespace maskscope {

struct StepBenchRequest {
    std::string config;          // C1, C2 or C3
    std::int64_t steps = 10;     // measured, after two that warm up
    std::filesystem::path from;  // weights, inputs and noise of another program's steps; empty: our own
    c10::Device device = c10::Device(c10::kCPU);
    bool fast = true;  // train.fast
};

struct StepBench {
    std::vector<double> stepSeconds;  // measured steps
    std::vector<double> loss;         // all steps, the two that warm up first
    std::string path;                 // as TrainingStep::path()
};

/// Times masked-autoencoder training steps (forward, backward, AdamW) on random pixels, through the training path itself.
/// C1: 32 pixels, patch 4, encoder 192 x 6, decoder 96 x 2, batch 128; C2: 224, patch 16, 384 x 12, 256 x 4, batch 16;
/// C3: 32, patch 4, 96 x 4, 64 x 1, batch 64; mask ratio 0.75, pixels not normalised per patch.
/// @throws UsageError for an unknown configuration, DataError if `from` does not fit it
StepBench runStepBench(const StepBenchRequest& request, std::stop_token stop);

}  // namespace maskscope
