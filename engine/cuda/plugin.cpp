// What the plug-in hands to the engine, which loads it at run time.

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

#include "cuda/sort_tokens.h"

namespace maskscope::cuda {
namespace {

/// Runs a launcher on the current stream.
template <auto launch, typename Task>
void onCurrentStream(const Task& task) {
    launch(task, c10::cuda::getCurrentCUDAStream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
}

constexpr DeviceKernels kKernels{DeviceKernels::kVersion, onCurrentStream<sortTokens, TokenSorting>};

}  // namespace
}  // namespace maskscope::cuda

extern "C" __attribute__((visibility("default"))) const maskscope::DeviceKernels* maskscopeDeviceKernels() { return &maskscope::cuda::kKernels; }
