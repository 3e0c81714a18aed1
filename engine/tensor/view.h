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
    /// images: "pixels" [B, C, H, W] float, normalised with the input statistics
    /// text:   "tokens" [B, N] int64, padding included
    /// graphs: "nodes" [B, N, F] float; "edges" [B, S, A] float where edges have attributes
    std::map<std::string, at::Tensor> tensors;
    Geometry geometry;
    at::Tensor augmentation;              // [B, a] float, the drawn augmentation parameters; undefined: none
    std::vector<std::int64_t> sampleIds;  // B indices into the data set

    /// @throws ShapeError if the view has no tensor of this name
    const at::Tensor& tensor(const std::string& tensorName) const;
    const at::Tensor& pixels() const { return tensor("pixels"); }
    c10::Device device() const { return tensors.begin()->second.device(); }
    std::int64_t batch() const { return geometry.batch; }

    /// The samples at these places alone. Padding stays as long as it was.
    View rows(const std::vector<std::int64_t>& places) const;
    /// All tensors, those of the geometry included, on a device.
    View to(c10::Device device) const;
};

}  // namespace maskscope
