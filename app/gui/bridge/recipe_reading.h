#pragma once

#include <QString>
#include <cstdint>
#include <vector>

#include "app/gui/bridge/project.h"
#include "recipes/method_spec.h"
#include "recipes/recipe.h"
#include "training/settings.h"
#include "widgets/panels/recipe_summary.h"

namespace maskscope {

/// A recipe as a project changes it, understood as far as that goes without data.
struct RecipeReading {
    Recipe recipe;
    MethodSpec spec;
    TrainSettings settings;
    RecipeSummary summary;
};

/// @throws RecipeError, UsageError
RecipeReading readRecipe(const Project& project);
/// Of a recipe that a run keeps. @throws RecipeError
RecipeReading readRecipe(const Recipe& recipe);

/// What a sample of a recipe is.
SampleKind domainOf(const Recipe& recipe);

/// What a recipe takes in: its table `input`.
Value inputOf(const Recipe& recipe);

/// Every leaf of a recipe's root by its dotted name, as the file would write it: for comparisons and lists.
std::vector<std::pair<QString, QString>> flatSettings(const Value& root);

/// What a recipe file says of itself, for a list to choose from.
struct RecipeEntry {
    QString id, name, summary, domain;
};
/// Every recipe of the program; one that cannot be read is left out. @throws FileError if there are no resources
std::vector<RecipeEntry> availableRecipes();

}  // namespace maskscope
