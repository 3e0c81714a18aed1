#include "kernels/cpu_kernels.h"

namespace maskscope {

namespace vector16 {
extern const CpuKernels kKernels;
}
#if defined(__x86_64__)
namespace vector32 {
extern const CpuKernels kKernels;
}
namespace vector64 {
extern const CpuKernels kKernels;
}
#endif

std::vector<const CpuKernels*> availableCpuKernels() {
    std::vector<const CpuKernels*> found;
#if defined(__x86_64__)
    const bool has256 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has512 = has256 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl");
    if (has512) found.push_back(&vector64::kKernels);
    if (has256) found.push_back(&vector32::kKernels);
#endif
    found.push_back(&vector16::kKernels);
    return found;
}

const CpuKernels& cpuKernels() {
    static const CpuKernels& widest = *availableCpuKernels().front();
    return widest;
}

}  // namespace maskscope
