#include "tensor/device.h"

#include <dlfcn.h>
#include <malloc.h>

#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "kernels/device_graphs.h"
#include "tensor/device_memory.h"

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

/// A table that the plug-in exports; null where this build has none, LibTorch has no CUDA library, or the plug-in is of another version.
template <typename Entry>
auto tableOfPlugin(const char* name) -> decltype(std::declval<Entry>()()) {
    if (!cudaLibraryProblem().empty()) return nullptr;
    static void* const library = dlopen("libmaskscope_cuda.so", RTLD_NOW | RTLD_LOCAL);
    const auto entry = library == nullptr ? nullptr : reinterpret_cast<Entry>(dlsym(library, name));
    const auto* const table = entry == nullptr ? nullptr : entry();
    return table != nullptr && table->version == table->kVersion ? table : nullptr;
}

const DeviceKernels* cudaKernels() {
    static const DeviceKernels* const kernels = tableOfPlugin<PluginEntry>(kPluginEntry);
    return kernels;
}

const DeviceGraphs* cudaGraphs() {
    static const DeviceGraphs* const graphs = tableOfPlugin<GraphEntry>(kGraphEntry);
    return graphs;
}

/// What the CUDA runtime says of this machine's GPUs; empty: they answer, or there is no runtime to ask.
std::string runtimeProblem() {
    const auto countDevices = reinterpret_cast<int (*)(int*)>(dlsym(RTLD_DEFAULT, "cudaGetDeviceCount"));
    const auto textOf = reinterpret_cast<const char* (*)(int)>(dlsym(RTLD_DEFAULT, "cudaGetErrorString"));
    int count = 0;
    const int status = countDevices == nullptr || textOf == nullptr ? 0 : countDevices(&count);
    return status == 0 ? "none in this machine" : textOf(status);
}

/// Empty: a GPU answers.
std::string cudaProblem() {
    if (!cudaLibraryProblem().empty()) return "this set-up is for the CPU; packaging/run.sh --cuda installs the GPU one";
    if (!at::globalContext().hasCUDA()) return "LibTorch's CUDA library is loaded, but does not work";
    if (at::detail::getCUDAHooks().deviceCount() == 0) return fmt::format("no GPU answers: {}", runtimeProblem());
    return {};
}

/// "62.1 GiB of 79.2 free", and where a machine has several, how to choose another. @throws DeviceError if the GPU cannot be used
std::string memoryLine(c10::Device device) {
    try {
        const DeviceMemory memory = memoryOf(device).value();
        const int count = at::detail::getCUDAHooks().deviceCount();
        return fmt::format("{} of {} free{}", byteCount(static_cast<double>(memory.free)), byteCount(static_cast<double>(memory.total)),
                           count > 1 ? fmt::format("; --device cuda:0 to cuda:{} choose among {}", count - 1, count) : "");
    } catch (const c10::Error& error) {
        throw DeviceError(fmt::format("--device {}: {}; close the programs that use it, choose another GPU, or take --device cpu", device.str(),
                                      error.what_without_backtrace()));
    }
}

/// For the line that names the device.
const char* kernelsMissing() {
    return cudaKernels() == nullptr ? ", without the plug-in libmaskscope_cuda.so of this version: some work stays on the processor" : "";
}

/// Prints a warning of LibTorch once, not at every step.
class OncePerMessage : public c10::WarningHandler {
public:
    void process(const c10::Warning& warning) override {
        {
            const std::lock_guard lock(mutex_);
            if (!seen_.insert(warning.msg()).second) return;
        }
        c10::WarningHandler::process(warning);
    }

private:
    std::mutex mutex_;
    std::set<std::string> seen_;
};

/// A training step asks for the same memory again and again: what glibc would hand back to the system in between would have to be cleared
/// anew, 6 to 13 % of a small step.
void keepMemory() {
    mallopt(M_MMAP_THRESHOLD, 256 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
}

}  // namespace

void loadDeviceLibraries() {
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);  // what cuBLAS needs to give the same result each time
    cudaKernels();
}

const DeviceKernels* kernelsOf(const c10::Device& device) { return device.is_cpu() ? &hostKernels() : device.is_cuda() ? cudaKernels() : nullptr; }

const DeviceGraphs* graphsOf(const c10::Device& device) { return device.is_cuda() ? cudaGraphs() : nullptr; }

DeviceChoice chooseDevice(const std::string& wanted) {
    loadDeviceLibraries();
    if (wanted == "cpu") return {c10::Device(c10::kCPU), "cpu: as asked"};
    if (wanted != "auto" && wanted.compare(0, 4, "cuda") != 0)
        throw UsageError(fmt::format("--device {}: expected auto, cpu, cuda or cuda:N", wanted));
    const std::string problem = cudaProblem();
    if (wanted == "auto") {
        if (!problem.empty()) return {c10::Device(c10::kCPU), "cpu: " + problem};
        const c10::Device first(c10::kCUDA, 0);
        return {first, fmt::format("cuda:0: a GPU answers, {}{}", memoryLine(first), kernelsMissing())};
    }
    if (!problem.empty())
        throw DeviceError(fmt::format("--device {}: {}{}", wanted, problem, cudaLibraryProblem().empty() ? "" : " (" + cudaLibraryProblem() + ")"));
    const c10::Device device(wanted);
    const int count = at::detail::getCUDAHooks().deviceCount();
    if (device.has_index() && device.index() >= count)
        throw DeviceError(fmt::format("--device {}: there is no such GPU; this machine has {} (counted from 0)", wanted, count));
    const c10::Device chosen = device.has_index() ? device : c10::Device(c10::kCUDA, 0);
    return {chosen, fmt::format("{}: as asked, {}{}", chosen.str(), memoryLine(chosen), kernelsMissing())};
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
    const bool hasGpu = cudaProblem().empty();
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/hasGpu);
    if (hasGpu) {
        static OncePerMessage warnings;
        c10::WarningUtils::set_warning_handler(&warnings);
        at::globalContext().setAllowTF32CuDNN(false);
        at::globalContext().setAllowTF32CuBLAS(false);
    }
    at::globalContext().setDeterministicFillUninitializedMemory(false);
    return at::get_num_threads();
}

}  // namespace maskscope
