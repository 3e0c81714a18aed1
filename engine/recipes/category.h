#pragma once

#include <string>

namespace maskscope {

struct Components;
struct MethodSpec;

/// The survey's four-letter category of a method: Basic or Advanced mask; Transformer or CNN; target Pixel, Feature or
/// Tokenizer (of the first objective); head MIM, Contrastive or Both.
/// @throws RecipeError if a component does not exist
std::string deriveCategory(const MethodSpec& spec, const Components& components);

}  // namespace maskscope
