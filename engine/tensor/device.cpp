#include "tensor/device.h"

#include <dlfcn.h>
#include <malloc.h>

#include <thread>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

/// Why libtorch_cuda could not be loaded; empty: it was.
const std::string& cudaLibraryProblem() {
    static const std::string problem = [] {
        if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) return std::string();
        const char* reason = dlerror();
        return std::string(reason != nullptr ? reason : "libtorch_cuda.so cannot be loaded");
    }();
    return problem;
}

/// Null where this build has no plug-in, LibTorch has no CUDA library, or the plug-in is of another version.
const DeviceKernels* cudaKernels() {
    static const DeviceKernels* const kernels = []() -> const DeviceKernels* {
        if (!cudaLibraryProblem().empty()) return nullptr;
        void* const library = dlopen("libmaskscope_cuda.so", RTLD_NOW | RTLD_LOCAL);
        const auto entry = library == nullptr ? nullptr : reinterpret_cast<PluginEntry>(dlsym(library, kPluginEntry));
        const DeviceKernels* const found = entry == nullptr ? nullptr : entry();
        return found != nullptr && found->version == DeviceKernels::kVersion ? found : nullptr;
    }();
    return kernels;
}

/// Empty: a GPU answers.
std::string cudaProblem() {
    if (!cudaLibraryProblem().empty()) return "this set-up is for the CPU; packaging/run.sh --cuda installs the GPU one";
    if (!at::globalContext().hasCUDA()) return "LibTorch's CUDA library is loaded, but does not work";
    if (at::detail::getCUDAHooks().deviceCount() == 0) return "no GPU answers (none in this machine, or its driver is missing or too old)";
    return {};
}

/// For the line that names the device.
const char* kernelsMissing() {
    return cudaKernels() == nullptr ? ", without the plug-in libmaskscope_cuda.so of this version: some work stays on the processor" : "";
}

/// A training step asks for the same memory again and again: what glibc would hand back to the system in between would have to be cleared
/// anew, 6 to 13 % of a small step.
void keepMemory() {
    mallopt(M_MMAP_THRESHOLD, 256 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
}

}  // namespace

void loadDeviceLibraries() { cudaKernels(); }

const DeviceKernels* kernelsOf(const c10::Device& device) { return device.is_cpu() ? &hostKernels() : device.is_cuda() ? cudaKernels() : nullptr; }

DeviceChoice chooseDevice(const std::string& wanted) {
    loadDeviceLibraries();
    if (wanted == "cpu") return {c10::Device(c10::kCPU), "cpu: as asked"};
    if (wanted != "auto" && wanted.compare(0, 4, "cuda") != 0)
        throw UsageError(fmt::format("--device {}: expected auto, cpu, cuda or cuda:N", wanted));
    const std::string problem = cudaProblem();
    if (wanted == "auto") {
        if (!problem.empty()) return {c10::Device(c10::kCPU), "cpu: " + problem};
        return {c10::Device(c10::kCUDA, 0), fmt::format("cuda:0: a GPU answers{}", kernelsMissing())};
    }
    if (!problem.empty())
        throw DeviceError(fmt::format("--device {}: {}{}", wanted, problem, cudaLibraryProblem().empty() ? "" : " (" + cudaLibraryProblem() + ")"));
    const c10::Device device(wanted);
    const int count = at::detail::getCUDAHooks().deviceCount();
    if (device.has_index() && device.index() >= count)
        throw DeviceError(fmt::format("--device {}: there is no such GPU; this machine has {} (counted from 0)", wanted, count));
    return {device.has_index() ? device : c10::Device(c10::kCUDA, 0), wanted + ": as asked" + kernelsMissing()};
}

at::Tensor sentTo(const at::Tensor& tensor, c10::Device device) {
    if (tensor.device() == device) return tensor;
    if (!tensor.is_cpu() || !device.is_cuda()) return tensor.to(device);
    return tensor.contiguous().pin_memory().to(device, /*non_blocking=*/true);
}

int setUpCompute(int threads) {
    loadDeviceLibraries();
    keepMemory();
    const int wanted = threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    if (at::get_num_threads() != wanted) at::set_num_threads(wanted);
    at::globalContext().setDeterministicAlgorithms(true, false);
    at::globalContext().setDeterministicFillUninitializedMemory(false);
    return at::get_num_threads();
}

}  // namespace maskscope
