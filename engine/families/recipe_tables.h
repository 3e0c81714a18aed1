#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/value.h"
#include "layers/transformer.h"
#include "tensor/input_spec.h"

namespace maskscope {

/// The keys of a recipe that give these settings: sizes always, everything else where it differs from `standard`.
/// @param kind  of the encoder or head
Value transformerTable(const std::string& kind, const TransformerParams& params, const TransformerParams& standard);

/// Whole numbers as a recipe's list.
Value integerList(const std::vector<std::int64_t>& values);

/// The [input] of a recipe.
Value imageInputTable(const ImageInput& input);

/// What an opened model does besides encoding, in the words of a recipe.
struct MethodParts {
    std::string id, name;
    Value input;               // [input]
    Value encoder;             // [encoder] with `sees`, or without where nothing can be hidden from it
    Value mask;                // [mask]; none: nothing is hidden
    Value target, head, loss;  // of its objective; none: it has no head, so that it can only be looked into
};
Value methodRecipe(const MethodParts& parts);

}  // namespace maskscope
