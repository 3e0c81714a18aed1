#pragma once

#include <cuda_runtime_api.h>

#include "kernels/device_kernels.h"

namespace maskscope::cuda {

/// Queued on `stream` of the current device; says nothing of failure, which cudaGetLastError() does.
void sortTokens(const TokenSorting& sorting, cudaStream_t stream);

}  // namespace maskscope::cuda
