#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "layers/norm.h"

namespace maskscope {

/// Joins two by two tokens of a grid to one (Swin Transformer, ICCV 2021, Sec. 3.1). An odd side is filled up with zeros.
class PatchMerging : public torch::nn::Module {
public:
    /// @param normsAfter  the norm follows the linear map (Swin V2) instead of coming before it (Swin)
    PatchMerging(std::int64_t width, std::int64_t outputWidth, bool normsAfter);

    /// @param tokens  [B, rows * columns, D]
    /// @return        [B, ceil(rows / 2) * ceil(columns / 2), output width]
    at::Tensor forward(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns);

private:
    bool normsAfter_;
    std::shared_ptr<Norm> norm_;
    torch::nn::Linear reduction_;
};

}  // namespace maskscope
