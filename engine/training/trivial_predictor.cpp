#include "training/trivial_predictor.h"

#include <algorithm>

#include <torch/torch.h>

namespace maskscope {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

}  // namespace

void TrivialPredictor::add(const ObjectiveResult& result) {
    if (bytes_ >= kMostBytes) return;
    const at::Tensor target = result.target.detach().cpu(), weight = result.weight.defined() ? result.weight.detach().cpu() : at::Tensor();
    const double rows = weight.defined() ? weight.sum().item<double>() : static_cast<double>(target.size(0) * target.size(1));
    parts_.push_back({target, weight, result.prediction.size(-1), rows});
    bytes_ += target.nbytes();
}

std::optional<double> TrivialPredictor::loss(const Method& method, const std::string& objective, const Signals& signals) const {
    if (parts_.empty()) return std::nullopt;
    const Loss& loss = method.lossOf(objective);
    if (!loss.hasConstantAnswer()) return std::nullopt;
    const at::NoGradGuard noGrad;
    const LossMemory memory = method.memoryOf(objective, signals);
    const auto asked = [&](const Part& part) {
        const at::Tensor nothing = at::zeros({1}).expand({part.target.size(0), part.target.size(1), part.width});
        return LossInput{nothing, part.target, part.weight, &memory, method.spec().maskCopies};
    };
    at::Tensor mean = at::zeros({parts_.front().width}, at::kDouble);
    double rows = 0.0, sum = 0.0;
    for (const Part& part : parts_) {
        mean += loss.targetMean(asked(part)) * part.rows;
        rows += part.rows;
    }
    if (rows == 0.0) return std::nullopt;
    mean /= rows;
    for (const Part& part : parts_) sum += loss.constantLoss(asked(part), mean).item<double>() * part.rows;
    return sum / rows;
}

}  // namespace maskscope
