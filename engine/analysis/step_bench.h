#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <c10/core/Device.h>

namespace maskscope {

struct StepBenchRequest {
    std::string config;          // C1, C2, C3, B16 or L16
    std::int64_t steps = 10;     // measured, after two that warm up
    std::filesystem::path from;  // weights, inputs and noise of another program's steps; empty: our own
    c10::Device device = c10::Device(c10::kCPU);
    bool fast = true;                                // train.fast
    std::string precision = "auto", graph = "auto";  // train.precision, train.graph
};

struct StepBench {
    std::vector<double> stepSeconds;   // measured steps
    std::vector<double> loss;          // all steps, the two that warm up first
    std::string path;                  // as TrainingStep::path()
    std::string graphObstacle;         // as TrainingStep::graphObstacle()
    std::int64_t peakDeviceBytes = 0;  // of tensors on a GPU
};

/// Times masked-autoencoder training steps (forward, backward, AdamW) on random pixels, through the training path itself.
/// C1: 32 pixels, patch 4, encoder 192 x 6, decoder 96 x 2, batch 128; C2: 224, patch 16, 384 x 12, 256 x 4, batch 16;
/// C3: 32, patch 4, 96 x 4, 64 x 1, batch 64; B16, L16: 224, patch 16, ViT-B and ViT-L with MAE's decoder of 512 x 8, batch 256, for GPUs;
/// mask ratio 0.75, pixels not normalised per patch. A step ends when its loss has been read.
/// @throws UsageError for an unknown configuration, DataError if `from` does not fit it
StepBench runStepBench(const StepBenchRequest& request, std::stop_token stop);

}  // namespace maskscope
