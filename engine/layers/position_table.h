#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/module.h>

#include "core/param_reader.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// Reads the parameter `positions` of encoders and heads.
std::string readPositionKind(ParamReader& reader);

/// A position for every patch of a grid: fixed sine-cosine, learned, or none.
class PositionTable : public torch::nn::Module {
public:
    /// @param kind  "sincos" | "learned" | "none"
    PositionTable(const std::string& kind, const InputSpec& input, std::int64_t width);

    /// Adds positions. @param tokens [B, R, D] @param indices [B, R] int64 patch numbers, undefined: R = N in order
    at::Tensor addTo(const at::Tensor& tokens, const at::Tensor& indices) const;

private:
    at::Tensor table_;  // [N, D]; undefined for "none"
};

}  // namespace maskscope
