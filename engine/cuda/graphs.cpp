// Graphs of the CUDA runtime, by LibTorch's own class for them, which keeps the memory that a recording uses apart.

#include <memory>

#include <ATen/cuda/CUDAGraph.h>

#include "kernels/device_graphs.h"

namespace maskscope::cuda {
namespace {

at::cuda::CUDAGraph& graphOf(void* graph) { return *static_cast<at::cuda::CUDAGraph*>(graph); }

void* begin() {
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    // Other threads (the loader's copies into pinned memory) go on meanwhile.
    graph->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    return graph.release();
}

void end(void* graph) { graphOf(graph).capture_end(); }
void replay(void* graph) { graphOf(graph).replay(); }
void drop(void* graph) { delete static_cast<at::cuda::CUDAGraph*>(graph); }

constexpr DeviceGraphs kGraphs{DeviceGraphs::kVersion, begin, end, replay, drop};

}  // namespace
}  // namespace maskscope::cuda

extern "C" __attribute__((visibility("default"))) const maskscope::DeviceGraphs* maskscopeDeviceGraphs() { return &maskscope::cuda::kGraphs; }
