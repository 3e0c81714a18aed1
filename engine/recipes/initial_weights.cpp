#include "recipes/initial_weights.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "core/files.h"
#include "core/param_reader.h"
#include "core/text.h"
#include "families/family.h"
#include "interop/saved_tensors.h"
#include "layers/without_first_values.h"
#include "recipes/method.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

const std::string kTheirEncoder = "encoder.", kMaskToken = "mask_token";

ForeignModel openAsMethod(const fs::path& place, const std::optional<Sides>& size) {
    const OpenedModel opened = openFamilyModel(place);
    auto method = opened.model->asMethod(size);
    if (!method || method->recipe.find("input") == nullptr)
        throw UsageError(fmt::format("{}: no recipe holds a model of the family '{}'{}{}; choose another checkpoint", place.string(),
                                     opened.card.family, opened.card.worksNot.empty() ? "" : ": ", join(opened.card.worksNot, " ")));
    return std::move(*method);
}

/// The table of a recipe's only or first network, in the short form or the general one.
Value& networkOf(Value& root) {
    if (Value* encoder = root.find("encoder")) return *encoder;
    Value* networks = root.find("network");
    if (networks == nullptr || (networks->isArray() && networks->asArray().empty()))
        throw RecipeError(
            fmt::format("{}the recipe has no [encoder] and no [[network]] that a checkpoint could take the place of", root.source().prefix()));
    return networks->isArray() ? networks->asArray().front() : *networks;
}

/// The checkpoint's network in the place of the recipe's: only what says how it is used stays.
Value replaced(const Value& own, const Value& theirs) {
    Value network = theirs;
    for (const char* key : {"id", "sees", "random_share", "keep_share", "ema_of", "momentum", "momentum_end", "frozen", "run"}) {
        network.erase(key);
        if (const Value* kept = own.find(key)) network.set(key, *kept);
    }
    return network;
}

/// A network of windows or poolings cannot do without the patches that a recipe drops: its passes see zeros in their place.
void zeroWhatCannotBeDropped(Value& root) {
    Value* passes = root.find("pass");
    if (passes == nullptr || !passes->isArray()) return;
    const MethodSpec spec = expandRecipe(root);
    const NetworkSpec& network = spec.networks.front();
    const WithoutFirstValues quick;
    const auto encoder = makeEncoderRegistry().make(network.component, "network." + network.id, "kind", spec.input);
    for (std::size_t i = 0; i < spec.passes.size(); ++i) {
        const PassSpec& pass = spec.passes[i];
        Corruption zeros = pass.corruption;
        zeros.kind = CorruptionKind::Zero;
        const bool changes = pass.network == network.id && pass.corruption.kind == CorruptionKind::Drop && !encoder->honours(pass.corruption);
        if (changes && encoder->honours(zeros)) passes->asArray()[i].find("corruption")->set("kind", "zero");
    }
}

std::string initialModel(const Value& root) {
    const Value* table = root.find("init");
    if (table == nullptr) return {};
    ParamReader reader(*table, "init", "what a run begins with");
    const std::string model = reader.text("model", "", "checkpoint of another program whose encoder the first network begins as");
    reader.finish();
    return model;
}

}  // namespace

Recipe recipeOnModel(const std::string& idOrFile, const fs::path& model, const RecipeChanges& changes) {
    return recipeOnModel(idOrFile, model, openAsMethod(model, std::nullopt).recipe, changes);
}

Recipe recipeOnModel(const std::string& idOrFile, const fs::path& model, const Value& method, const RecipeChanges& changes) {
    Recipe recipe = loadRecipe(idOrFile, {.scale = changes.scale, .settings = {}}, resourcesFolder() / "recipes");
    recipe.root.set("input", *method.find("input"));
    Value theirs = method;
    Value& network = networkOf(recipe.root);
    network = replaced(network, networkOf(theirs));
    recipe.root.set("init", Value(Value::Table{{"model", fs::absolute(model).lexically_normal().string()}}));
    zeroWhatCannotBeDropped(recipe.root);
    applySettings(recipe.root, changes.settings);
    return recipe;
}

void loadInitialWeights(const Method& method, const Value& root) {
    const MethodSpec& spec = method.spec();
    const std::string place = initialModel(root);
    if (place.empty()) {
        for (const NetworkSpec& network : spec.networks)
            if (network.frozen && network.run.empty())
                throw UsageError(
                    fmt::format("recipe '{}': network '{}' does not learn, and nothing says which weights it has; name a checkpoint with --model",
                                spec.id, network.id));
        return;
    }
    std::optional<Sides> size;
    if (const ImageInput* image = spec.input.ifImage()) size = Sides{image->height, image->width};
    const ForeignModel foreign = openAsMethod(place, size);
    const std::string own = spec.networks.front().id + ".";
    NamedTensors targets, saved;
    for (const auto& [name, tensor] : method.namedState())
        if (name.starts_with(own)) targets.emplace_back(name.substr(own.size()), tensor);
    const bool usesToken = std::any_of(targets.begin(), targets.end(), [](const NamedTensor& target) { return target.first == kMaskToken; });
    for (const auto& [name, tensor] : foreign.weights) {
        if (!name.starts_with(kTheirEncoder)) continue;
        const std::string inside = name.substr(kTheirEncoder.size());
        if (inside != kMaskToken || usesToken) saved.emplace_back(inside, tensor);  // without mask tokens in the recipe, nothing would read it
    }
    copySaved(targets, saved, place);
}

}  // namespace maskscope
