#include "training/gradient_passes.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "layers/noise.h"
#include "tensor/autocast.h"
#include "tensor/device_memory.h"

namespace maskscope {

GradientPasses::GradientPasses(Method& method, bool byCores, std::string reason) : method_(method), reason_(std::move(reason)) {
    for (const UpdateSpec& update : method.spec().updates) obstacles_.push_back(CorePasses::obstacle(method, update));
    if (byCores) cores_ = std::make_unique<CorePasses>(method, at::get_num_threads());
}

std::string GradientPasses::path() const {
    const std::string& obstacle = cores_ ? obstacles_.front() : reason_;
    if (!obstacle.empty()) return fmt::format("general path ({})", obstacle);
    const int cores = cores_->team().cores();
    return fmt::format("fast path ({})", cores == 1 ? "one core" : fmt::format("{} cores, each with samples of its own", cores));
}

std::int64_t GradientPasses::samplesAtOnce(std::int64_t rows, std::int64_t tokens) const {
    const bool areCut = std::all_of(obstacles_.begin(), obstacles_.end(), [](const std::string& obstacle) { return obstacle.empty(); });
    if (!cores_ || !areCut) return (rows + pieces_ - 1) / pieces_;
    return std::min(rows, cores_->team().cores() * cores_->rowsOfPiece(rows, tokens));
}

GradientPasses::Passed GradientPasses::runWhole(const Request& request, const std::vector<MicroBatch>& microBatches) {
    const NoiseScope scope(request.noise);
    const double share = 1.0 / static_cast<double>(microBatches.size());
    Passed passed;
    for (const MicroBatch& batch : microBatches) {
        MethodResult result;
        {
            const Autocast autocast(request.precision, batch.views.front().device());
            result = method_.run(batch.views, batch.plan, request.signals, specOf(request).allObjectives());
        }
        const at::Tensor loss = result.loss * share;
        (method_.lowered(specOf(request), result) * share).backward();
        passed.remembered = method_.remember(result, request.signals);
        passed.loss = passed.loss.defined() ? passed.loss + loss.detach() : loss.detach();
    }
    passed.hasDrawnNoise = scope.hasDrawn();
    return passed;
}

GradientPasses::Passed GradientPasses::runBy(CorePasses& passes, const Request& request, const std::vector<MicroBatch>& microBatches) const {
    return {passes.run(specOf(request), microBatches, request.signals, request.parameters, request.noise, request.precision), {}, false};
}

/// Makes pieces half as large, after what there was no memory for has been given up.
void GradientPasses::cutFurther(const std::string& obstacle, const std::vector<MicroBatch>& microBatches, const std::string& problem) {
    const std::int64_t rows = microBatches.front().views.front().batch();
    if (!obstacle.empty() || pieces_ >= rows)
        throw TrainingError(
            fmt::format("the memory of the device does not suffice for {} of a micro-batch of {}{}; choose a smaller train.batch or "
                        "encoder, or train.recompute = true ({})",
                        pieces_ >= rows ? "one sample" : "the samples", rows, obstacle.empty() ? "" : ", which cannot be cut: " + obstacle,
                        problem.substr(0, problem.find('\n'))));
    pieces_ = std::min(2 * pieces_, rows);
    if (!cut_) cut_ = std::make_unique<CorePasses>(method_, 1);
    cut_->cutInto(pieces_);
    releaseKeptMemory(microBatches.front().views.front().device());
}

GradientPasses::Passed GradientPasses::run(const Request& request, const std::vector<MicroBatch>& microBatches) {
    const std::string& ofUpdate = obstacles_[request.update];
    const std::string obstacle = ofUpdate.empty() ? CorePasses::obstacle(specOf(request), microBatches) : ofUpdate;
    if (cores_ && obstacle.empty()) return runBy(*cores_, request, microBatches);
    while (true) {
        std::string problem;
        try {
            return cut_ && obstacle.empty() ? runBy(*cut_, request, microBatches) : runWhole(request, microBatches);
        } catch (const c10::OutOfMemoryError& error) {
            problem = error.what_without_backtrace();
        }
        for (at::Tensor parameter : request.parameters) parameter.mutable_grad().reset();
        cutFurther(obstacle, microBatches, problem);
    }
}

}  // namespace maskscope
