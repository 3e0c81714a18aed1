#include "recipes/recipe_trial.h"

#include <exception>

#include "layers/without_first_values.h"
#include "recipes/evaluation_scope.h"
#include "recipes/evaluation_views.h"
#include "recipes/mask_noise.h"
#include "recipes/method.h"
#include "recipes/recipe.h"

namespace maskscope {
namespace {

Method withoutFirstValues(const MethodSpec& spec, const Components& components) {
    const WithoutFirstValues guard;
    return Method(spec, components, 0);
}

/// @throws as composing, drawing and running do
void tryOnce(const MethodSpec& spec, const Components& components, const View& view) {
    Method method = withoutFirstValues(spec, components);
    const EvaluationScope evaluation(method);
    for (at::Tensor& parameter : method.parameters()) parameter.zero_();  // what lies there could be no number
    const std::vector<View> views = evaluationViews(spec, view);
    MaskDraw draw{.seed = 0, .purpose = "mask", .step = 0, .samples = {}};
    for (std::int64_t row = 0; row < view.batch(); ++row) draw.samples.push_back(static_cast<std::uint64_t>(row));
    const Signals signals = method.blindSignals(views, Signals(), draw);
    method.run(views, method.drawMasks(views, signals, draw), signals);
}

/// LibTorch adds where in its code it was.
std::string firstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

RecipeTrial tryRecipe(const Value& recipe, const View& view, const std::stop_token& stop) {
    const Components components;
    const MethodSpec own = expandRecipe(recipe);
    RecipeTrial trial{.parameters = withoutFirstValues(own, components).parameterCount(), .masks = {}};
    if (own.masks.empty()) return trial;
    for (const auto& entry : components.masks.entries()) {
        if (stop.stop_requested()) return trial;
        trial.masks.push_back({entry.name, {}});
        if (own.masks.front().strategy.find("strategy")->asString() == entry.name) continue;
        try {
            Value changed = recipe;
            applySettings(changed, {"mask.strategy=" + entry.name});
            tryOnce(expandRecipe(changed), components, view);
        } catch (const std::exception& error) {
            trial.masks.back().problem = firstLine(error.what());
        }
    }
    return trial;
}

}  // namespace maskscope
