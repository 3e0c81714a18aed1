#include "families/noise_mask.h"

#include <torch/torch.h>

namespace maskscope {

NoiseMask NoiseMask::of(const at::Tensor& noise, double ratio) {
    const std::int64_t patches = noise.size(1);
    const auto kept = static_cast<std::int64_t>(static_cast<double>(patches) * (1.0 - ratio));  // truncated, as MAE's code does
    const at::Tensor shuffled = at::argsort(noise, /*stable=*/true, 1), ranks = at::argsort(shuffled, /*stable=*/true, 1);
    const at::Tensor keptIds = shuffled.narrow(1, 0, kept);
    return {ranks.ge(kept).to(at::kFloat), ranks, at::argsort(at::argsort(keptIds, /*stable=*/true, 1), /*stable=*/true, 1)};
}

}  // namespace maskscope
