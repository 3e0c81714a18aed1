#include "tensor/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

namespace maskscope {

std::optional<DeviceMemory> memoryOf(c10::Device device) {
    if (device.is_cpu()) return std::nullopt;
    c10::DeviceAllocator* const allocator = c10::getDeviceAllocator(device.type());
    const auto [free, total] = allocator->getMemoryInfo(device.index());
    constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const std::int64_t peak = allocator->initialized() ? allocator->getDeviceStats(device.index()).allocated_bytes[kAll].peak : 0;
    return DeviceMemory{static_cast<std::int64_t>(free), static_cast<std::int64_t>(total), peak};
}

void releaseKeptMemory(c10::Device device) {
    if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
}

}  // namespace maskscope
