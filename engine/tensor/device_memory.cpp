#include "tensor/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

namespace maskscope {

std::optional<DeviceMemory> memoryOf(c10::Device device) {
    if (device.is_cpu()) return std::nullopt;
    c10::DeviceAllocator* const allocator = c10::getDeviceAllocator(device.type());
    const auto [free, total] = allocator->getMemoryInfo(device.index());
    constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    DeviceMemory memory{.free = static_cast<std::int64_t>(free), .total = static_cast<std::int64_t>(total)};
    if (allocator->initialized()) {
        const c10::CachingDeviceAllocator::DeviceStats stats = allocator->getDeviceStats(device.index());
        memory.held = stats.reserved_bytes[kAll].current;
        memory.peak = stats.allocated_bytes[kAll].peak;
    }
    return memory;
}

void forgetPeakMemory(c10::Device device) {
    if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
}

void releaseKeptMemory(c10::Device device) {
    if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
}

}  // namespace maskscope
