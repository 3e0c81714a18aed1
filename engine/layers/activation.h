#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "core/param_reader.h"

namespace maskscope {

/// Reads the parameter `activation`: gelu (with the error function), gelu_tanh (its tanh approximation) or relu.
std::string readActivation(ParamReader& reader, const std::string& standard);

at::Tensor activate(const at::Tensor& x, const std::string& activation);

}  // namespace maskscope
