#include "training/trivial_predictor.h"

#include <algorithm>

#include <torch/torch.h>

#include "recipes/across_batch.h"

namespace maskscope {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

/// Targets whose rows are real, [n, T] or [n].
at::Tensor realRows(const at::Tensor& target, const at::Tensor& weight) {
    const at::Tensor rows = target.flatten(0, 1);
    return weight.defined() ? rows.index_select(0, weight.flatten().gt(0).nonzero().squeeze(-1)) : rows;
}

}  // namespace

void TrivialPredictor::add(const ObjectiveResult& result) {
    if (bytes_ >= kMostBytes) return;
    parts_.push_back(
        {result.target.detach().cpu(), result.weight.defined() ? result.weight.detach().cpu() : at::Tensor(), result.prediction.size(-1)});
    bytes_ += parts_.back().target.nbytes();
}

at::Tensor TrivialPredictor::answer(bool codes) const {
    const std::int64_t width = parts_.front().width;
    at::Tensor sum = at::zeros({width}, at::kDouble);
    std::int64_t rows = 0;
    for (const Part& part : parts_) {
        const at::Tensor real = realRows(part.target, part.weight);
        rows += real.size(0);
        sum += codes ? at::bincount(real, {}, width).to(at::kDouble) : real.to(at::kDouble).sum(0);
    }
    if (!codes) return sum.div(static_cast<double>(std::max<std::int64_t>(rows, 1))).to(at::kFloat);
    constexpr double kNever = 1e-9;  // codes that do not occur are not asked for either
    return sum.clamp_min(kNever).div(static_cast<double>(std::max<std::int64_t>(rows, 1))).log().to(at::kFloat);
}

std::optional<double> TrivialPredictor::loss(const Method& method, const std::string& objective) const {
    const std::vector<ObjectiveSpec>& all = method.spec().objectives;
    const auto spec = std::find_if(all.begin(), all.end(), [&](const ObjectiveSpec& each) { return each.name == objective; });
    if (parts_.empty() || spec == all.end() || isAcrossBatch(*spec, Components())) return std::nullopt;
    const at::NoGradGuard noGrad;
    const at::Tensor constant = answer(method.predictsCodes(objective));
    double sum = 0.0, rows = 0.0;
    for (const Part& part : parts_) {
        const at::Tensor prediction = constant.expand({part.target.size(0), part.target.size(1), part.width});
        const double count =
            part.weight.defined() ? part.weight.sum().item<double>() : static_cast<double>(part.target.size(0) * part.target.size(1));
        sum += method.lossOf(objective, {prediction, part.target, part.weight}).item<double>() * count;
        rows += count;
    }
    return rows > 0.0 ? std::optional(sum / rows) : std::nullopt;
}

}  // namespace maskscope
