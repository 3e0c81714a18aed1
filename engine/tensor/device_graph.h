#pragma once

#include <functional>
#include <string>

#include <c10/core/Device.h>

#include "tensor/device_queue.h"

namespace maskscope {

struct DeviceGraphs;

/// Work for a GPU that is recorded once and then repeated as a whole. It reads and writes the same memory each time: who repeats it puts new
/// input where the old one was. On a CPU, which records nothing, the work itself is called again: what it means, for tests.
class DeviceGraph {
public:
    explicit DeviceGraph(c10::Device device);
    ~DeviceGraph();
    DeviceGraph(const DeviceGraph&) = delete;
    DeviceGraph& operator=(const DeviceGraph&) = delete;

    /// Why nothing can be recorded on a device; empty: it can.
    static std::string obstacle(c10::Device device);

    /// Records what `work` queues, without doing it.
    /// @throws c10::Error if part of it cannot be repeated; then nothing is recorded
    void record(const std::function<void()>& work);
    bool isRecorded() const;
    /// Queues all of it.
    void replay() const;

private:
    void drop();

    CopyQueue queue_;  // recording needs one beside the usual
    const DeviceGraphs* graphs_;
    void* graph_ = nullptr;
    std::function<void()> work_;  // on a CPU
};

}  // namespace maskscope
