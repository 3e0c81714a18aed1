#include "recipes/recipe.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "core/toml.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

fs::path findRecipe(const std::string& idOrFile, const fs::path& recipesFolder) {
    const auto recipes = listRecipes(recipesFolder);
    std::vector<std::string> ids;
    for (const auto& [id, file] : recipes) {
        if (id == idOrFile) return file;
        ids.push_back(id);
    }
    std::error_code code;
    if (fs::is_regular_file(idOrFile, code)) return idOrFile;
    const bool looksLikeFile = idOrFile.find('/') != std::string::npos || fs::path(idOrFile).extension() == ".toml";
    const std::string hint = suggestion(idOrFile, ids);
    throw RecipeError(looksLikeFile
                          ? fmt::format("{}: there is no such recipe file", idOrFile)
                          : fmt::format("there is no recipe '{}'{}", idOrFile, hint.empty() ? fmt::format("; there are {}", join(ids)) : hint));
}

/// The path as messages should show it: from `resources` on for our own recipes.
std::string shownName(const fs::path& file, const fs::path& recipesFolder) {
    const fs::path inside = file.lexically_relative(recipesFolder);
    return inside.empty() || *inside.begin() == ".." ? file.string() : (fs::path("resources/recipes") / inside).string();
}

Value readInherited(const std::string& idOrFile, const fs::path& recipesFolder, std::vector<std::string> chain) {
    const fs::path file = findRecipe(idOrFile, recipesFolder);
    const std::string name = shownName(file, recipesFolder);
    if (std::find(chain.begin(), chain.end(), name) != chain.end()) {
        chain.push_back(name);
        throw RecipeError(fmt::format("recipes extend each other in a circle: {}", join(chain, " -> ")));
    }
    chain.push_back(name);
    Value root = parseToml(readFile(file), name);
    const Value* parent = root.find("extends");
    if (parent == nullptr) return root;
    if (!parent->isString()) throw RecipeError(fmt::format("{}extends must name a recipe, found {}", parent->source().prefix(), parent->describe()));
    std::string parentName = parent->asString();
    const fs::path beside = file.parent_path() / parentName;
    if (fs::path(parentName).extension() == ".toml" && fs::exists(beside)) parentName = beside.string();
    return merged(readInherited(parentName, recipesFolder, chain), root);
}

void applyScale(Value& root, const std::string& scale) {
    const Value* presets = root.find("scale");
    std::vector<std::string> names;
    if (presets != nullptr && presets->isTable())
        for (const auto& [name, preset] : presets->asTable()) names.push_back(name);
    const Value* preset = presets != nullptr ? presets->find(scale) : nullptr;
    if (preset == nullptr && !scale.empty())
        throw RecipeError(fmt::format("the recipe has no scale '{}'{}", scale,
                                      names.empty() ? std::string("; it has none") : fmt::format("; it has {}", join(names))));
    Value changes = preset != nullptr ? *preset : Value(Value::Table{});
    root.erase("scale");
    root.erase("extends");
    root = merged(root, changes);
}

}  // namespace

std::vector<std::pair<std::string, fs::path>> listRecipes(const fs::path& recipesFolder) {
    std::vector<std::pair<std::string, fs::path>> recipes;
    std::error_code code;
    for (const auto& entry : fs::recursive_directory_iterator(recipesFolder, code))
        if (entry.path().extension() == ".toml") recipes.emplace_back(entry.path().stem().string(), entry.path());
    std::sort(recipes.begin(), recipes.end());
    for (std::size_t i = 1; i < recipes.size(); ++i)
        if (recipes[i].first == recipes[i - 1].first)
            throw RecipeError(
                fmt::format("two recipes have the id '{}': {} and {}", recipes[i].first, recipes[i - 1].second.string(), recipes[i].second.string()));
    return recipes;
}

void applySettings(Value& root, const std::vector<std::string>& settings) {
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageError(fmt::format("--set {}: expected key=value, for example --set mask.ratio=0.6", setting));
        const std::string key = setting.substr(0, equals);
        setPath(root, key, parseTomlValue(setting.substr(equals + 1), "--set " + key));
    }
}

Recipe loadRecipe(const std::string& idOrFile, const RecipeChanges& changes, const fs::path& recipesFolder) {
    Recipe recipe;
    recipe.root = readInherited(idOrFile, recipesFolder, {});
    recipe.scale = changes.scale;
    applyScale(recipe.root, changes.scale);
    applySettings(recipe.root, changes.settings);
    const Value* id = recipe.root.find("id");
    if (id == nullptr || !id->isString()) throw RecipeError(fmt::format("{}: a recipe needs id = \"...\"", idOrFile));
    recipe.id = id->asString();
    return recipe;
}

Recipe storedRecipe(Value root, const std::string& scale, const std::vector<std::string>& settings) {
    Recipe recipe{.id = root.find("id") != nullptr ? root.find("id")->asString() : "unknown", .scale = scale, .root = std::move(root)};
    applySettings(recipe.root, settings);
    return recipe;
}

}  // namespace maskscope
