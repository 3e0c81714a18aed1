#include "inference/leak_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <torch/torch.h>

#include "recipes/evaluation_scope.h"
#include "tensor/frequencies.h"
#include "tensor/hiding.h"
#include "tensor/patches.h"

namespace maskscope {
namespace {

constexpr double kTransformRounding = 1e-3;
constexpr double kFarAway = 3.0;  // deviations of the values that are put in

/// [B, N] as a condition that fits values of [B, N, ...].
at::Tensor asCondition(const at::Tensor& hidden, const at::Tensor& values) {
    at::Tensor condition = hidden.gt(0.5);
    while (condition.dim() < values.dim()) condition = condition.unsqueeze(-1);
    return condition;
}

/// Of M masks a sample the first one: what it hides another may show. @param values  [B * M, ...]
at::Tensor firstCopies(const at::Tensor& values, std::int64_t copies) {
    return copies == 1 ? values : values.unflatten(0, {values.size(0) / copies, copies}).select(1, 0);
}

/// Whether a mask says what is hidden of other samples than those of its rows.
bool isOfOthers(const Mask& mask) { return ownersOf(mask).defined(); }
bool isOfOthers(const MaskPlan& masks, const std::string& role) { return masks.has(role) && isOfOthers(masks.mask(role)); }

/// A view whose hidden values are others. @param ofOthers  whether by the masks of samples' own rows, or by those of others'
View withOthersHidden(const View& view, const MaskPlan& masks, bool ofOthers, const InputSpec& input, const at::Generator& generator) {
    View changed = view;
    const auto others = [&](const at::Tensor& like) { return at::randn(like.sizes(), generator, like.options()).mul(kFarAway); };
    for (const Mask& mask : masks.masks()) {
        if (mask.view != view.name || isOfOthers(mask) != ofOthers) continue;
        at::Tensor hides = firstCopies(mask.hidden, masks.copies());
        if (ofOthers) hides = at::empty_like(hides).index_copy_(0, ownersOf(mask), hides);
        for (auto& [name, values] : changed.tensors) {
            if (name == "pixels" && mask.space == MaskSpace::Frequency) {
                const at::Tensor noise = others(values);
                values = values + noise - withoutFrequencies(noise, hides);
            } else if (name == "pixels" && mask.space == MaskSpace::Token) {
                const at::Tensor hidden = patchesToPixels(hides, input.image("a leak check")).gt(0.5);
                values = at::where(hidden, others(values), values);
            } else if (name == "tokens" && mask.space == MaskSpace::Token) {
                const TextInput& text = input.text("a leak check");
                const std::int64_t kinds = text.vocabulary - text.firstContent;
                const at::Tensor shift = at::randint(1, kinds, values.sizes(), generator, values.options());
                const at::Tensor moved = values.sub(text.firstContent).add(shift).remainder(kinds).add(text.firstContent);
                values = at::where(asCondition(hides, values), moved, values);
            } else if ((name == "nodes" && mask.space == MaskSpace::Token) || (name == "edges" && mask.space == MaskSpace::Edge)) {
                values = at::where(asCondition(hides, values), others(values), values);
            }
        }
    }
    return changed;
}

/// Whether an objective predicts all tokens, each from those before it: what is hidden at the end may reach those at the end.
bool ordered(const MaskPlan& masks, const ObjectiveSpec& objective) {
    return objective.on == "all" && masks.has(objective.role) && masks.mask(objective.role).order.defined();
}

/// What a recipe says may get through.
std::string permittedBy(const ObjectiveSpec& objective, const PassSpec& pass) {
    const Corruption& corruption = pass.corruption;
    if (!pass.codesOf.empty()) return "codes of visible places come from a tokenizer that sees the whole picture";
    if (corruption.kind == CorruptionKind::None && objective.on == "all") return "the objective compares what its network sees";
    if (corruption.keepShare > 0.0) return fmt::format("{:g} % of the hidden tokens stay as they are", 100.0 * corruption.keepShare);
    if (corruption.kind == CorruptionKind::None) return {};
    if (corruption.place == CorruptionPlace::Layer && corruption.layer > 0)
        return fmt::format("hidden tokens are taken away after block {}, which has mixed them with the others", corruption.layer);
    return {};
}

/// Largest difference; NaN and infinity in one of the two count as one.
double largestChange(const at::Tensor& a, const at::Tensor& b) {
    if (a.numel() == 0 || at::equal(a, b)) return 0.0;
    const double change = a.sub(b).abs().max().item<double>();
    return std::isfinite(change) ? change : std::numeric_limits<double>::infinity();
}

}  // namespace

std::vector<LeakFinding> findLeaks(Method& method, const std::vector<View>& views, const MaskPlan& masks, const Signals& signals,
                                   std::uint64_t seed) {
    const EvaluationScope evaluation(method);
    const at::Generator generator = at::detail::createCPUGenerator(seed);
    const auto changed = [&](bool ofOthers) {
        std::vector<View> other;
        for (const View& view : views) other.push_back(withOthersHidden(view, masks, ofOthers, method.spec().input, generator));
        return method.run(other, masks, signals);
    };
    const MethodResult before = method.run(views, masks, signals), own = changed(false);
    const bool mixes = std::any_of(masks.masks().begin(), masks.masks().end(), [](const Mask& mask) { return isOfOthers(mask); });
    const MethodResult partners = mixes ? changed(true) : own;
    std::vector<LeakFinding> findings;
    for (std::size_t i = 0; i < before.objectives.size(); ++i) {
        const ObjectiveSpec& spec = method.spec().objectives[i];
        const auto prediction = [&](const MethodResult& result) {
            at::Tensor all = result.objectives[i].prediction;
            if (ordered(masks, spec)) all = all.masked_fill(masks.mask(spec.role).hidden.gt(0.5).unsqueeze(-1), 0.0);
            return all.size(0) == views.front().batch() ? all : firstCopies(all, masks.copies());
        };
        const PassSpec& pass = method.spec().pass(spec.pass);
        const double change = largestChange(prediction(before), prediction(isOfOthers(masks, spec.role) ? partners : own));
        const bool rounding = pass.corruption.kind == CorruptionKind::Filter && change < kTransformRounding;
        findings.push_back({.objective = spec.name, .change = rounding ? 0.0 : change, .permitted = permittedBy(spec, pass)});
    }
    return findings;
}

}  // namespace maskscope
