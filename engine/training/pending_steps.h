#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <c10/core/Device.h>

#include "snapshot/records.h"
#include "tensor/device_queue.h"
#include "training/step.h"

namespace maskscope {

/// Steps whose loss and gradient norm are not read yet. Reading a number makes the host wait until a GPU has come to it, so results are copied
/// together, every few steps, and taken when they have arrived. One thread.
class PendingSteps {
public:
    /// @param readEvery  steps whose results are copied together; 1: each is read at once
    PendingSteps(c10::Device device, std::int64_t readEvery) : device_(device), readEvery_(readEvery) {}

    /// @param record  of the step, without loss and gradient norm
    void add(const StepRecord& record, StepResult result);

    /// Records of the steps whose results have arrived, in order. Waits for a group while more than one other is on its way, so that the host
    /// stays at most three groups ahead.
    std::vector<StepRecord> arrived();
    /// Those of all steps.
    std::vector<StepRecord> all();

private:
    struct Group {
        std::vector<StepRecord> records;
        at::Tensor numbers;  // [steps, 2] on the host: loss, gradient norm
        QueueMark copied;
    };
    void send();
    void take(std::vector<StepRecord>& records);

    c10::Device device_;
    std::int64_t readEvery_;
    std::vector<StepRecord> records_;  // not sent yet
    std::vector<at::Tensor> results_;  // two a record
    std::deque<Group> groups_;
};

}  // namespace maskscope
