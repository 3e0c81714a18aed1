#include "training/core_passes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>

#include "layers/fused_block.h"
#include "layers/noise.h"
#include "layers/recompute.h"
#include "tensor/autocast.h"
#include "training/ordered_sum.h"
#include "training/step.h"

namespace maskscope {
namespace {

/// Tokens that make matrices large enough for a core to multiply at its full rate, few enough that what they leave for the backward pass stays
/// near, and enough that adding a piece's gradients to the sum takes little beside them.
constexpr double kTokensOfPiece = 1536.0;

struct Piece {
    std::size_t microBatch;
    std::int64_t first, count;
};

std::int64_t rowsOf(const MicroBatch& batch) { return batch.views.front().batch(); }

MicroBatch rowsOf(const MicroBatch& batch, const Piece& piece) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(piece.count));
    std::iota(places.begin(), places.end(), piece.first);
    MicroBatch part{.views = {}, .plan = batch.plan.rows(piece.first, piece.count)};
    for (const View& view : batch.views) part.views.push_back(view.rows(places));
    return part;
}

/// Rows that the first objective compared, in units of samples; below their number where some rows are padding.
double weightOf(const MethodResult& result, std::int64_t samples) {
    const at::Tensor& weight = result.objectives.front().weight;
    return weight.defined() ? weight.sum().item<double>() / static_cast<double>(weight.numel()) * static_cast<double>(samples)
                            : static_cast<double>(samples);
}

bool isRagged(const MicroBatch& batch) {
    const auto isRaggedMask = [&](const Mask& mask) {
        const TokenSplit* split = batch.plan.findSplit(mask.role);
        return split != nullptr && (split->visibleReal.defined() || split->hiddenReal.defined());
    };
    return batch.views.front().geometry.valid.defined() || std::any_of(batch.plan.masks().begin(), batch.plan.masks().end(), isRaggedMask);
}

}  // namespace

std::string CorePasses::obstacle(const Method& method, const UpdateSpec& update) {
    for (const std::string& name : update.allObjectives()) {
        const Loss& loss = method.lossOf(name);
        if (loss.acrossBatch()) return fmt::format("the loss of '{}' compares the samples of a batch with each other", name);
        if (loss.remembers()) return fmt::format("the loss of '{}' remembers whole batches", name);
    }
    for (const ObjectiveSpec& objective : method.spec().objectives)
        if (!objective.balance.empty()) return fmt::format("'{}' is balanced against the gradients of whole batches", objective.name);
    for (const auto& buffer : method.named_buffers())
        if (buffer.key().find("running_mean") != std::string::npos) return "batch norms take their statistics from whole batches";
    return {};
}

std::string CorePasses::obstacle(const UpdateSpec& update, const std::vector<MicroBatch>& microBatches) {
    for (const MicroBatch& batch : microBatches) {
        for (const Mask& mask : batch.plan.masks())
            if (mask.source.defined()) return "samples of a batch are mixed with each other";
        for (const View& view : batch.views)
            if (view.batch() != rowsOf(batch)) return "views have different numbers of samples";
        if (isRagged(batch) && update.allObjectives().size() > 1) return "several losses are means over different numbers of tokens a sample";
    }
    return {};
}

std::int64_t CorePasses::rowsOfPiece(std::int64_t rows, std::int64_t tokens) const {
    if (pieces_ > 0) return (rows + pieces_ - 1) / pieces_;
    const std::int64_t cores = team_.cores();  // each gets as many pieces
    const std::int64_t each =
        std::max<std::int64_t>(1, std::lround(static_cast<double>(rows * tokens) / (kTokensOfPiece * static_cast<double>(cores))));
    return (rows + cores * each - 1) / (cores * each);
}

at::Tensor CorePasses::run(const UpdateSpec& update, const std::vector<MicroBatch>& microBatches, const Signals& signals,
                           const std::vector<at::Tensor>& parameters, const RandomStream& noise, const std::string& precision) {
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < microBatches.size(); ++i) {
        const std::int64_t rows = rowsOf(microBatches[i]);
        const std::int64_t size = rowsOfPiece(rows, microBatches[i].views.front().geometry.tokens() * microBatches[i].plan.copies());
        for (std::int64_t first = 0; first < rows; first += size) pieces.push_back({i, first, std::min(size, rows - first)});
    }
    double samples = 0.0;
    for (const Piece& piece : pieces) samples += static_cast<double>(piece.count);
    OrderedSum gradients;
    std::vector<at::Tensor> losses(pieces.size());
    std::vector<double> weights(pieces.size());
    const bool fuses = FusedScope::isOpen(), recomputes = RecomputeScope::isOpen();
    team_.run(static_cast<std::int64_t>(pieces.size()), [&](std::int64_t number) {
        const auto i = static_cast<std::size_t>(number);
        const MicroBatch& whole = microBatches[pieces[i].microBatch];
        const MicroBatch part = rowsOf(whole, pieces[i]);
        const FusedScope fused(fuses);
        const RecomputeScope recompute(recomputes);
        const NoiseScope scope(noise, {pieces[i].first, pieces[i].count, rowsOf(whole)});
        MethodResult passed;
        {
            const Autocast autocast(precision, part.views.front().device());
            passed = method_.run(part.views, part.plan, signals, update.allObjectives());
        }
        weights[i] = weightOf(passed, pieces[i].count);
        const double share = weights[i] / samples;
        losses[i] = passed.loss.detach() * share;
        gradients.add(number, torch::autograd::grad({method_.lowered(update, passed) * share}, parameters, {}, std::nullopt, false, true));
    });
    const double counted = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double scale = counted > 0.0 ? samples / counted : 1.0;
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> sums = gradients.take();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (sums[i].defined() && scale != 1.0) sums[i].mul_(scale);
        at::Tensor parameter = parameters[i];
        parameter.mutable_grad() = sums[i];
    }
    at::Tensor loss = losses.front();
    for (std::size_t i = 1; i < losses.size(); ++i) loss = loss + losses[i];
    return scale == 1.0 ? loss : loss * scale;
}

}  // namespace maskscope
