#include "interop/safetensors_dtype.h"

#include <array>
#include <utility>

namespace maskscope {
namespace {

using c10::ScalarType;

constexpr std::array<std::pair<std::string_view, ScalarType>, 17> kDtypes{{
    {"F64", ScalarType::Double},
    {"F32", ScalarType::Float},
    {"F16", ScalarType::Half},
    {"BF16", ScalarType::BFloat16},
    {"I64", ScalarType::Long},
    {"I32", ScalarType::Int},
    {"I16", ScalarType::Short},
    {"I8", ScalarType::Char},
    {"U8", ScalarType::Byte},
    {"BOOL", ScalarType::Bool},
    {"U64", ScalarType::UInt64},
    {"U32", ScalarType::UInt32},
    {"U16", ScalarType::UInt16},
    {"F8_E4M3", ScalarType::Float8_e4m3fn},
    {"F8_E5M2", ScalarType::Float8_e5m2},
    {"F8_E8M0", ScalarType::Float8_e8m0fnu},
    {"C64", ScalarType::ComplexFloat},
}};

}  // namespace

std::optional<ScalarType> dtypeOfWord(std::string_view word) {
    for (const auto& [name, dtype] : kDtypes)
        if (name == word) return dtype;
    return std::nullopt;
}

std::string_view wordOfDtype(ScalarType dtype) {
    for (const auto& [name, known] : kDtypes)
        if (known == dtype) return name;
    return {};
}

}  // namespace maskscope
