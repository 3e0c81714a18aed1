#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/files.h"
#include "core/json.h"
#include "recipes/category.h"
#include "recipes/components.h"
#include "recipes/method.h"
#include "recipes/recipe.h"
#include "recipes/recipe_trial.h"
#include "reference_page.h"
#include "training/settings.h"
#include "verbs.h"

namespace maskscope::cli {
namespace {

using nlohmann::json;

json kinds(const MethodSpec& spec, Value ObjectiveSpec::*part) {
    json names = json::array();
    for (const ObjectiveSpec& objective : spec.objectives)
        if (const Value* kind = (objective.*part).find("kind")) names.push_back(kind->asString());  // a head may be another objective's
    return names;
}

/// How many there are, and under which assumption where the data decide.
std::pair<std::int64_t, std::string> countParameters(Value root, const Components& components) {
    std::string note;
    if (expandRecipe(root).input.isOpen()) {
        applySettings(root, {"input.node_features=6", "input.edge_features=4"});
        note = "with 6 attributes a node and 4 an edge, as the sample graphs have; other data change the number";
    }
    return {Method(expandRecipe(root), components, 0).parameterCount(), note};
}

json describeRecipe(const std::string& id) {
    const Components components;
    const Recipe recipe = loadRecipe(id, {}, resourcesFolder() / "recipes");
    const MethodSpec spec = expandRecipe(recipe.root);
    const auto [parameters, parametersNote] = countParameters(recipe.root, components);
    json masks = json::array();
    for (const MaskSpec& mask : spec.masks) masks.push_back(mask.strategy.find("strategy")->asString());
    return {{"id", spec.id},
            {"name", spec.name},
            {"category", deriveCategory(spec, components)},
            {"survey_category", spec.surveyCategory.empty() ? json(nullptr) : json(spec.surveyCategory)},
            {"note", spec.note},
            {"type", spec.type},
            {"domain", spec.domain},
            {"family", spec.family},
            {"paper", spec.paper},
            {"summary", spec.summary},
            {"mask", masks.size() == 1 ? masks.front() : masks},
            {"encoder", spec.networks.front().component.find("kind")->asString()},
            {"targets", kinds(spec, &ObjectiveSpec::target)},
            {"heads", kinds(spec, &ObjectiveSpec::head)},
            {"losses", kinds(spec, &ObjectiveSpec::loss)},
            {"parameters", parameters},
            {"parameters_note", parametersNote}};
}

void printRecipe(const json& recipe) {
    fmt::print("{:<12} {}  {}  {} -> {} -> {} -> {}  {}\n", recipe["id"].get<std::string>(), recipe["category"].get<std::string>(),
               recipe["type"].get<std::string>(), recipe["mask"].dump(), recipe["encoder"].get<std::string>(), recipe["targets"].dump(),
               recipe["losses"].dump(), recipe["paper"].get<std::string>());
    fmt::print("             {}\n", recipe["summary"].get<std::string>());
}

/// Grey images: a mask strategy needs somewhere to lie, and a model something to look at.
View greyImages(const ImageInput& input) {
    constexpr std::int64_t kImages = 2;  // a mixture takes another one
    View view;
    view.tensors["pixels"] = at::zeros({kImages, input.channels, input.height, input.width});
    view.geometry = Geometry::grid(kImages, {input.gridRows(), input.gridColumns()});
    view.sampleIds = {0, 1};
    return view;
}

json triedMasks(const std::string& id) {
    const Recipe recipe = loadRecipe(id, {}, resourcesFolder() / "recipes");
    const View view = greyImages(expandRecipe(recipe.root).input.image("--masks"));
    json list = json::array();
    for (const MaskChoice& choice : tryRecipe(recipe.root, view, {}).masks)
        list.push_back({{"strategy", choice.strategy}, {"works", choice.problem.empty()}, {"problem", choice.problem}});
    return list;
}

void printMasks(const json& masks) {
    for (const json& mask : masks)
        fmt::print("{:<15} {}\n", mask["strategy"].get<std::string>(), mask["works"].get<bool>() ? "works" : mask["problem"].get<std::string>());
}

json docsJson(const std::vector<ParamDoc>& docs) {
    json list = json::array();
    for (const ParamDoc& doc : docs) {
        json entry{{"name", doc.name}, {"type", doc.type}, {"default", toJson(doc.defaultValue)}, {"range", doc.range}, {"help", doc.help}};
        if (!doc.choices.empty()) entry["choices"] = doc.choices;
        list.push_back(std::move(entry));
    }
    return list;
}

json describeFamily(const auto& registry) {
    json list = json::array();
    for (const auto& entry : registry.entries())
        list.push_back({{"family", registry.family()},
                        {"name", entry.name},
                        {"category", std::string(1, entry.category)},
                        {"help", entry.help},
                        {"parameters", docsJson(registry.document(entry))}});
    return list;
}

void printComponents(const json& components) {
    for (const json& component : components) {
        fmt::print("{} '{}': {}\n", component["family"].get<std::string>(), component["name"].get<std::string>(),
                   component["help"].get<std::string>());
        for (const json& parameter : component["parameters"])
            fmt::print("    {} = {}  {}  {}\n", parameter["name"].get<std::string>(), parameter["default"].dump(),
                       parameter["range"].get<std::string>(), parameter["help"].get<std::string>());
    }
}

json allComponents() {
    const Components components;
    json list = json::array();
    for (const json& family : {describeFamily(components.masks), describeFamily(components.targets), describeFamily(components.encoders),
                               describeFamily(components.heads), describeFamily(components.losses)})
        for (const json& entry : family) list.push_back(entry);
    list.push_back({{"family", "training"},
                    {"name", "train"},
                    {"category", "-"},
                    {"help", "the [train] table"},
                    {"parameters", docsJson(TrainSettings::document())}});
    return list;
}

}  // namespace

void addRecipesVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string id;
        bool json = false, masks = false;
    };
    CLI::App* verb = app.add_subcommand("recipes", "Lists the methods that can be trained");
    auto options = std::make_shared<Options>();
    CLI::Option* one = verb->add_option("id", options->id, "one recipe only");
    verb->add_flag("--json", options->json, "an array of objects on stdout");
    verb->add_flag("--masks", options->masks, "which mask strategies the recipe could take in place of its own, found by trying; else why not")
        ->needs(one);
    verb->footer("Example: maskscope-cli recipes mae --json");
    verb->callback([options, &line] {
        line.action = [options] {
            if (options->masks) {
                const json masks = triedMasks(options->id);
                options->json ? printJson(masks) : printMasks(masks);
                return 0;
            }
            json list = json::array();
            if (!options->id.empty())
                list.push_back(describeRecipe(options->id));
            else
                for (const auto& [id, file] : listRecipes(resourcesFolder() / "recipes")) list.push_back(describeRecipe(id));
            if (options->json)
                printJson(list);
            else
                for (const json& recipe : list) printRecipe(recipe);
            return 0;
        };
    });
}

void addComponentsVerb(CLI::App& app, CommandLine& line) {
    struct Options {
        bool json = false, markdown = false;
    };
    CLI::App* verb = app.add_subcommand("components", "Lists what recipes can be composed of, with every parameter");
    auto options = std::make_shared<Options>();
    CLI::Option* asJson = verb->add_flag("--json", options->json, "an array of objects on stdout");
    verb->add_flag("--markdown", options->markdown, "the reference page (docs/components.md) on stdout")->excludes(asJson);
    verb->footer("Example: maskscope-cli components --json");
    verb->callback([options, &line] {
        line.action = [options] {
            const json components = allComponents();
            if (options->json)
                printJson(components);
            else if (options->markdown)
                fmt::print("{}", referencePage(components));
            else
                printComponents(components);
            return 0;
        };
    });
}

}  // namespace maskscope::cli
