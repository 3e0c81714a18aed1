#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "core/value.h"
#include "tensor/view.h"

namespace maskscope {

/// What a recipe says to one of the mask strategies.
struct MaskChoice {
    std::string strategy;
    std::string problem;  // why the two do not go together, and what would; empty: they do
};

/// What composing a recipe tells before any training.
struct RecipeTrial {
    std::int64_t parameters = 0;
    std::vector<MaskChoice> masks;  // in the order of the registry; empty for a recipe without a mask
};

/// Composes a recipe without first values, then with every mask strategy in the place of its own (default settings), draws and runs once.
/// @param recipe  a recipe's root, as expandRecipe understands it
/// @param view    some samples of the recipe's input, on the CPU
/// @return        fewer masks when stopped
/// @throws RecipeError if the recipe itself cannot be composed
RecipeTrial tryRecipe(const Value& recipe, const View& view, const std::stop_token& stop);

}  // namespace maskscope
