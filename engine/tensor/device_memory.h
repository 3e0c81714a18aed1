#pragma once

#include <cstdint>
#include <optional>

#include <c10/core/Device.h>

namespace maskscope {

/// Memory of a GPU in bytes.
struct DeviceMemory {
    std::int64_t free = 0, total = 0;
    std::int64_t held = 0;  // by this process's tensors, and kept for tensors to come
    std::int64_t peak = 0;  // most that this process's tensors took so far, or since forgetPeakMemory()
};

/// None on a CPU. @throws c10::Error if the GPU does not answer
std::optional<DeviceMemory> memoryOf(c10::Device device);

/// Peaks count from now on. Nothing on a CPU.
void forgetPeakMemory(c10::Device device);

/// Gives memory back that the process keeps for tensors to come. Nothing on a CPU.
void releaseKeptMemory(c10::Device device);

}  // namespace maskscope
