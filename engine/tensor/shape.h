#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace at {
class Tensor;
}

namespace maskscope {

/// Matches any size in requireShape.
inline constexpr std::int64_t kAnySize = -1;

/// "[2, 3, 224, 224]".
std::string shapeText(const at::Tensor& tensor);

/// Checks that a tensor is defined and has the given sizes; kAnySize matches every size.
/// @param name  how the message calls the tensor
/// @throws ShapeError with name, found and expected shape
void requireShape(const at::Tensor& tensor, std::initializer_list<std::int64_t> sizes, const char* name);

}  // namespace maskscope
