#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tensor/device_graph.h"
#include "training/micro_batch.h"

namespace maskscope {

/// Steps of one shape, recorded once they have been made a few times, and replayed with other samples and masks from then on: a small model's step
/// is thousands of small tasks for a GPU, and queueing each takes longer than doing it. What a step takes from the host as a number is
/// recorded with it, so numbers that change (learning rates) must lie in the device's memory.
///
/// Before a recording is used it is rehearsed: with the brake on, so that nothing moves, it must give the loss and the gradient norm
/// that the step gives itself. One that does not is thrown away.
class StepGraph {
public:
    using Work = std::function<StepResult(const std::vector<MicroBatch>&)>;

    explicit StepGraph(c10::Device device) : graph_(device) {}

    /// A step: by itself, or by a replay.
    /// @param work   the step; it must do the same each time but for what it reads from tensors
    /// @param brake  [] float32 on the device: 1 keeps a step from moving anything
    StepResult run(const std::vector<MicroBatch>& batches, const Work& work, at::Tensor brake);

    /// Goes on without recording. @param reason  for a person to read
    void giveUp(const std::string& reason);
    /// Why nothing is recorded; empty: it is, or will be.
    const std::string& obstacle() const { return obstacle_; }
    bool isReplaying() const { return isReplaying_; }
    /// Records anew: numbers that are not in tensors have changed.
    void forget();

private:
    bool begin(const std::vector<MicroBatch>& batches, const Work& work, at::Tensor brake);
    void rehearse(const Work& work, at::Tensor brake);

    DeviceGraph graph_;
    std::vector<MicroBatch> fixed_;  // whose memory the recording reads
    StepResult result_;              // which it writes
    std::int64_t steps_ = 0, misfits_ = 0;
    bool isReplaying_ = false;
    std::string obstacle_;
};

}  // namespace maskscope
