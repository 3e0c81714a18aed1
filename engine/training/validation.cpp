#include "training/validation.h"

#include <algorithm>
#include <numeric>

#include <torch/torch.h>

#include "recipes/evaluation_scope.h"
#include "tensor/patches.h"
#include "training/baselines.h"

namespace maskscope {
namespace {

constexpr std::int64_t kPart = 64;  // images a forward pass

}  // namespace

Validation::Validation(const Method& method, View view, std::uint64_t seed) : method_(method), view_(std::move(view)), seed_(seed) {}

Validation::Part Validation::part(std::int64_t first, std::int64_t count) const {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), first);
    return part(rows);
}

Validation::Part Validation::part(const std::vector<std::int64_t>& rows) const {
    Part part{view_, MaskPlan()};
    part.view.tensors["pixels"] = view_.pixels().index_select(0, at::tensor(rows, at::kLong).to(view_.pixels().device()));
    part.view.sampleIds.clear();
    for (const std::int64_t row : rows) part.view.sampleIds.push_back(view_.sampleIds[static_cast<std::size_t>(row)]);
    part.view.geometry.batch = static_cast<std::int64_t>(rows.size());
    std::vector<View> views;
    MaskDraw draw{.seed = seed_, .purpose = "validation mask", .step = 0, .samples = {}};
    for (const std::int64_t id : part.view.sampleIds) draw.samples.push_back(static_cast<std::uint64_t>(id));
    for (const ViewSpec& spec : method_.spec().views) {
        views.push_back(part.view);
        views.back().name = spec.name;
    }
    part.plan = method_.drawMasks(views, Signals(), draw);
    return part;
}

std::pair<View, MaskPlan> Validation::probes(std::int64_t count) const {
    const std::int64_t shown = std::min(count, images());
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < shown; ++i) rows.push_back(i * images() / shown);
    Part chosen = part(rows);
    return {std::move(chosen.view), std::move(chosen.plan)};
}

void Validation::measureBaselines(std::stop_token stop) {
    if (!method_.predictsPixels() || method_.spec().maskCopies > 1) return;
    const InputSpec& input = method_.spec().input;
    BaselineRecord sums;
    double weight = 0.0;
    for (std::int64_t first = 0; first < images(); first += kPart) {
        const Part piece = part(first, std::min(kPart, images() - first));
        const at::Tensor& hidden = piece.plan.masks().front().hidden;
        const auto losses = baselineLosses(toUnitPixels(piece.view.pixels(), input), hidden, input, stop);
        if (!losses) return;
        const double count = hidden.sum().item<double>();
        sums.meanPatch += losses->meanPatch * count;
        sums.nearestVisible += losses->nearestVisible * count;
        sums.inpaint += losses->inpaint * count;
        weight += count;
    }
    for (double* sum : {&sums.meanPatch, &sums.nearestVisible, &sums.inpaint}) *sum /= weight;
    baselines_ = sums;
}

std::optional<ValidationRecord> Validation::run(Method& method, std::int64_t step, std::stop_token stop) const {
    const EvaluationScope evaluating(method);
    const InputSpec& input = method.spec().input;
    double objective = 0.0, squaredError = 0.0, hiddenCount = 0.0;
    for (std::int64_t first = 0; first < images(); first += kPart) {
        if (stop.stop_requested()) return std::nullopt;
        const std::int64_t count = std::min(kPart, images() - first);
        const Part piece = part(first, count);
        std::vector<View> views;
        for (const ViewSpec& spec : method.spec().views) {
            views.push_back(piece.view);
            views.back().name = spec.name;
        }
        objective += method.run(views, piece.plan, Signals()).loss.item<double>() * static_cast<double>(count) / static_cast<double>(images());
        if (!baselines_) continue;
        const auto prediction = method.predictPixels(piece.view, piece.plan);
        const at::Tensor& hidden = piece.plan.masks().front().hidden;
        const double hiddenHere = hidden.sum().item<double>();
        squaredError += hiddenError(prediction->prediction.cpu(), toUnitPixels(piece.view.pixels(), input), hidden, input) * hiddenHere;
        hiddenCount += hiddenHere;
    }
    ValidationRecord record{.step = step, .objective = objective};
    if (baselines_) {
        record.baselines = *baselines_;
        record.pixelLoss = squaredError / hiddenCount;
        if (baselines_->meanPatch > 0.0) record.skill = 1.0 - *record.pixelLoss / baselines_->meanPatch;
    }
    return record;
}

}  // namespace maskscope
