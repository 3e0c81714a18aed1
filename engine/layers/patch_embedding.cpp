#include "layers/patch_embedding.h"
#include "layers/linear_map.h"

#include <torch/torch.h>

namespace maskscope {

PatchEmbedding::PatchEmbedding(const ImageInput& input, std::int64_t width, bool hasBias) {
    weight_ = register_parameter("weight", torch::zeros({width, input.channels, input.patchHeight, input.patchWidth}));
    if (hasBias) bias_ = register_parameter("bias", torch::zeros({width}));
}

at::Tensor PatchEmbedding::forward(const at::Tensor& patches) {
    return linearMap(patches, weight_.permute({0, 2, 3, 1}).reshape({weight_.size(0), -1}), bias_);
}

}  // namespace maskscope
