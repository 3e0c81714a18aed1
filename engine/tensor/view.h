#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/geometry.h"

namespace maskscope {

/// One augmented look at a batch of samples.
struct View {
    std::string name = "main";
    std::string source = "data";
    std::map<std::string, at::Tensor> tensors;  // "pixels": [B, C, H, W] float, normalised with the input statistics
    Geometry geometry;
    at::Tensor augmentation;              // [B, a] float, the drawn augmentation parameters; undefined: none
    std::vector<std::int64_t> sampleIds;  // B indices into the data set

    const at::Tensor& pixels() const { return tensors.at("pixels"); }
};

}  // namespace maskscope
