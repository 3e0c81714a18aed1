#pragma once

#include <filesystem>
#include <string>

#include "recipes/recipe.h"

namespace maskscope {

class Method;

/// A recipe on the encoder of another program's checkpoint: its input and its first network become the checkpoint's, at the size
/// that the checkpoint says, and `init.model` names the checkpoint. Whether the network learns, and what it sees, stays as the
/// recipe says; passes that drop hidden patches zero them where the network cannot be without any.
/// @param idOrFile  as loadRecipe takes it
/// @param model     as openFamilyModel takes it
/// @param changes   settings are laid over the result
/// @throws RecipeError; FileError, DataError if the checkpoint cannot be opened; UsageError if no method holds it
Recipe recipeOnModel(const std::string& idOrFile, const std::filesystem::path& model, const RecipeChanges& changes);
/// The same for a checkpoint that was opened. @param method  the recipe that it is, from FamilyModel::asMethod
Recipe recipeOnModel(const std::string& idOrFile, const std::filesystem::path& model, const Value& method, const RecipeChanges& changes);

/// Puts the weights of the checkpoint that [init] names into the first network: what a run begins with. Its own checkpoints keep them
/// from then on, so the file may go.
/// @param root  a resolved recipe; without [init] nothing happens
/// @throws FileError, DataError; UsageError if a network is frozen and nothing says with which weights
void loadInitialWeights(const Method& method, const Value& root);

}  // namespace maskscope
