#pragma once

#include <cstdint>

#include <torch/nn/module.h>

#include "tensor/input_spec.h"

namespace maskscope {

/// Projects patches to tokens: the strided convolution of ViT (Sec. 3.1), computed as a matrix product so that only the
/// patches that are needed are projected. The weight keeps the convolution's layout [D, C, patchHeight, patchWidth].
class PatchEmbedding : public torch::nn::Module {
public:
    PatchEmbedding(const ImageInput& input, std::int64_t width, bool hasBias = true);

    /// @param patches  [B, R, patchHeight * patchWidth * C] as made by patchify
    /// @return         [B, R, D]
    at::Tensor forward(const at::Tensor& patches);

private:
    at::Tensor weight_, bias_;  // bias_ is undefined where there is none
};

}  // namespace maskscope
