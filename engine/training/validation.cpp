#include "training/validation.h"

#include <algorithm>
#include <numeric>

#include <torch/torch.h>

#include "data/split.h"
#include "recipes/evaluation_scope.h"
#include "recipes/evaluation_views.h"
#include "tensor/patches.h"
#include "training/baselines.h"
#include "training/trivial_predictor.h"

namespace maskscope {
namespace {

constexpr std::int64_t kPart = 64;  // samples a forward pass

/// An objective over all parts.
struct ObjectiveSum {
    double loss = 0.0, rows = 0.0;
    TrivialPredictor trivial;

    void add(const ObjectiveResult& result, bool withTrivial) {
        const double count =
            result.weight.defined() ? result.weight.sum().item<double>() : static_cast<double>(result.target.size(0) * result.target.size(1));
        loss += result.loss.item<double>() * count;
        rows += count;
        if (withTrivial) trivial.add(result);
    }
};

}  // namespace

MaskDraw validationDraw(const std::vector<std::int64_t>& sampleIds, std::uint64_t seed) {
    return {.seed = seed, .purpose = "validation mask", .step = 0, .samples = {sampleIds.begin(), sampleIds.end()}};
}

Validation::Validation(const Method& method, View view, std::uint64_t seed) : method_(method), view_(std::move(view)), seed_(seed) {}

Validation::Part Validation::part(const std::vector<std::int64_t>& rows) const {
    Part part;
    const View view = view_.rows(rows);
    part.views = evaluationViews(method_.spec(), view);
    const MaskDraw draw = validationDraw(view.sampleIds, seed_);
    part.plan = method_.drawMasks(part.views, method_.blindSignals(part.views, Signals(), draw), draw);
    return part;
}

bool Validation::forEachPart(const std::stop_token& stop, const std::function<void(const Part&)>& visit) const {
    for (std::int64_t first = 0; first < samples(); first += kPart) {
        if (stop.stop_requested()) return false;
        std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(kPart, samples() - first)));
        std::iota(rows.begin(), rows.end(), first);
        visit(part(rows));
    }
    return true;
}

std::pair<View, MaskPlan> Validation::probes(std::int64_t count) const {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(samples()));
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    Part chosen = part(evenlySpread(rows, count));
    if (!method_.spec().signals.empty()) {
        MaskDraw draw = validationDraw(chosen.views.front().sampleIds, seed_);
        draw.progress = 1.0;
        chosen.plan = method_.drawMasks(chosen.views, method_.lookAhead(chosen.views, Signals()), draw);
    }
    return {std::move(chosen.views.front()), std::move(chosen.plan)};
}

void Validation::measureBaselines(std::stop_token stop) {
    if (!method_.predictsPixels() || method_.spec().maskCopies > 1) return;
    const ImageInput& input = method_.spec().input.image("a prediction of pixels");
    BaselineRecord sums;
    double weight = 0.0;
    bool stopped = false;
    const auto add = [&](const Part& piece) {
        const at::Tensor& hidden = piece.plan.masks().front().hidden;
        const auto losses = baselineLosses(toUnitPixels(piece.views.front().pixels(), input), hidden, input, stop);
        stopped = stopped || !losses;
        if (!losses) return;
        const double count = hidden.sum().item<double>();
        sums.meanPatch += losses->meanPatch * count;
        sums.nearestVisible += losses->nearestVisible * count;
        sums.inpaint += losses->inpaint * count;
        weight += count;
    };
    if (!forEachPart(stop, add) || stopped) return;
    for (double* sum : {&sums.meanPatch, &sums.nearestVisible, &sums.inpaint}) *sum /= weight;
    baselines_ = sums;
}

std::optional<ValidationRecord> Validation::run(Method& method, std::int64_t step, const Signals& signals, std::stop_token stop) const {
    const EvaluationScope evaluating(method);
    const std::vector<ObjectiveSpec>& objectives = method.spec().objectives;
    std::vector<ObjectiveSum> sums(objectives.size());
    double squaredError = 0.0, hiddenCount = 0.0;
    const auto add = [&](const Part& piece) {
        const MethodResult result = method.run(piece.views, piece.plan, signals);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add(result.objectives[i], !baselines_);
        if (!baselines_) return;
        const View& view = piece.views.front();
        const ImageInput& input = method.spec().input.image("a prediction of pixels");
        const auto prediction = method.predict(view, piece.plan, &result);
        const at::Tensor& hidden = piece.plan.masks().front().hidden;
        const double hiddenHere = hidden.sum().item<double>();
        squaredError += hiddenError(prediction->pixels->cpu(), toUnitPixels(view.pixels(), input), hidden, input) * hiddenHere;
        hiddenCount += hiddenHere;
    };
    if (!forEachPart(stop, add)) return std::nullopt;
    ValidationRecord record{.step = step};
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const ObjectiveRecord objective{objectives[i].name, sums[i].loss / sums[i].rows, sums[i].trivial.loss(method, objectives[i].name, signals)};
        record.objective += objectives[i].weight * objective.loss;
        record.objectives.push_back(objective);
    }
    if (baselines_) {
        record.baselines = *baselines_;
        record.pixelLoss = squaredError / hiddenCount;
        if (baselines_->meanPatch > 0.0) record.skill = 1.0 - *record.pixelLoss / baselines_->meanPatch;
    }
    return record;
}

}  // namespace maskscope
