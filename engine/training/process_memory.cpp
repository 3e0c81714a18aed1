#include "training/process_memory.h"

#include <fstream>
#include <string>

#include <unistd.h>

#include <ATen/DeviceAccelerator.h>

namespace maskscope {

double residentBytes() {
    std::ifstream file("/proc/self/statm");
    double whole = 0.0, resident = 0.0;
    file >> whole >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double peakResidentBytes() {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("VmHWM:")) return 1024.0 * std::stod(line.substr(6));
    return 0.0;
}

bool forgetPeakResident() {
    std::ofstream file("/proc/self/clear_refs");
    file << "5" << std::flush;
    return static_cast<bool>(file);
}

double deviceBytes(c10::Device device) {
    if (device.is_cpu()) return 0.0;
    const auto stats = at::accelerator::getDeviceStats(device.index());
    return static_cast<double>(stats.allocated_bytes[static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE)].current);
}

}  // namespace maskscope
