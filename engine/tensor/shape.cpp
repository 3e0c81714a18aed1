#include "tensor/shape.h"

#include <string>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

std::string sizesText(at::IntArrayRef sizes) {
    std::string text = "[";
    for (std::size_t i = 0; i < sizes.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", sizes[i] == kAnySize ? std::string("any") : std::to_string(sizes[i]));
    return text + "]";
}

}  // namespace

std::string shapeText(const at::Tensor& tensor) { return tensor.defined() ? sizesText(tensor.sizes()) : "nothing"; }

void requireShape(const at::Tensor& tensor, std::initializer_list<std::int64_t> sizes, const char* name) {
    const at::IntArrayRef expected(sizes.begin(), sizes.size());
    bool fits = tensor.defined() && static_cast<std::size_t>(tensor.dim()) == expected.size();
    for (std::size_t i = 0; fits && i < expected.size(); ++i)
        fits = expected[i] == kAnySize || tensor.size(static_cast<std::int64_t>(i)) == expected[i];
    if (!fits) throw ShapeError(fmt::format("{} is {}, expected {}", name, shapeText(tensor), sizesText(expected)));
}

}  // namespace maskscope
