#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/value.h"

namespace maskscope {

/// A recipe after inheritance, scale preset and overrides: what run.toml stores and expandRecipe understands.
struct Recipe {
    std::string id;
    std::string scale;  // empty: none was laid over it
    Value root;         // without `extends` and `scale`
};

/// What to lay over a recipe, in this order.
struct RecipeChanges {
    std::string scale;                  // "classroom", "laptop", "paper", or empty
    std::vector<std::string> settings;  // "mask.ratio=0.6", as --set takes them
};

/// Loads a recipe by id (from `recipesFolder`, any depth) or from a file, and resolves it.
/// @throws RecipeError with file, line and the nearest name; a cycle of `extends` is named in full
Recipe loadRecipe(const std::string& idOrFile, const RecipeChanges& changes, const std::filesystem::path& recipesFolder);

/// The recipe that a run directory stores: already resolved; settings may still be laid over it.
Recipe storedRecipe(Value root, const std::string& scale, const std::vector<std::string>& settings);

/// Every recipe file below the folder, by id. @throws RecipeError if two files have the same id
std::vector<std::pair<std::string, std::filesystem::path>> listRecipes(const std::filesystem::path& recipesFolder);

/// Lays "key=value" settings over a recipe. @throws UsageError for a setting without '='
void applySettings(Value& root, const std::vector<std::string>& settings);

}  // namespace maskscope
