#pragma once

#include <string>

#include <c10/core/Device.h>

#include "kernels/device_kernels.h"

namespace at {
class Tensor;
}

namespace maskscope {

struct DeviceGraphs;

/// The device that was chosen, and one line that says why.
struct DeviceChoice {
    c10::Device device = c10::Device(c10::kCPU);
    std::string reason;
};

/// Loads LibTorch's CUDA library and the project's plug-in for it if they are there; they stay. Must run before any other LibTorch call: the first
/// question about CUDA pins the answer for the life of the process. Safe to call again.
void loadDeviceLibraries();

/// @param wanted  "auto" (a GPU when one answers), "cpu", "cuda", "cuda:1"
/// @throws DeviceError if a device is asked for by name and does not answer, with the reason
DeviceChoice chooseDevice(const std::string& wanted);

/// The project's own kernels for a device; null where it has none: the work is then done by the host's.
const DeviceKernels* kernelsOf(const c10::Device& device);

/// What records the work of a GPU; null where it has nothing of the kind.
const DeviceGraphs* graphsOf(const c10::Device& device);

/// A tensor on a device. On the way to a GPU it goes through pinned memory and behind the work that is queued there, so that nobody waits.
at::Tensor sentTo(const at::Tensor& tensor, c10::Device device);

/// Sizes LibTorch's thread pools once and switches deterministic algorithms on; on a GPU, an operation that has none says so once and runs
/// all the same. Matrices in float32 are multiplied in float32, not in TF32.
/// @param threads  0: one a core
/// @return the number of threads in use
int setUpCompute(int threads);

}  // namespace maskscope
