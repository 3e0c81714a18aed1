#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "core/param_reader.h"

namespace maskscope {

/// Reads the parameter `activation`: gelu (with the error function), gelu_tanh (its tanh approximation), relu, ...
std::string readActivation(ParamReader& reader, const std::string& standard);

/// Applies an activation, element by element. @throws RecipeError for a name that there is not
at::Tensor activate(const at::Tensor& x, const std::string& activation);

/// Whether `activate` knows the name.
bool isActivation(const std::string& name);

}  // namespace maskscope
