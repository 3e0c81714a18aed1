#pragma once

#include <optional>
#include <string_view>

#include <c10/core/ScalarType.h>

namespace maskscope {

/// The dtype that the safetensors word ("F32", "BF16", "BOOL", ...) stands for; none for words that LibTorch has no type for.
std::optional<c10::ScalarType> dtypeOfWord(std::string_view word);

/// The safetensors word for a dtype; empty if the format has none.
std::string_view wordOfDtype(c10::ScalarType dtype);

}  // namespace maskscope
