#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// The random mask that MAE's code makes of noise: the patches of the least noise are kept, int(N * (1 - ratio)) of them.
struct NoiseMask {
    at::Tensor hidden;      // [B, N] float, 1 = removed
    at::Tensor idsRestore;  // [B, N] int64, the rank of each patch's noise
    at::Tensor keptRanks;   // [B, K] int64: the i-th kept patch, in the order of its noise, is this one in the order of the image

    /// @param noise  [B, N]   @param ratio  of what is removed
    static NoiseMask of(const at::Tensor& noise, double ratio);
    std::int64_t kept() const { return keptRanks.size(1); }
};

}  // namespace maskscope
