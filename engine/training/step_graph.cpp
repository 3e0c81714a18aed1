#include "training/step_graph.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/torch.h>

namespace maskscope {
namespace {

constexpr std::int64_t kStepsBefore = 3;  // libraries choose their ways, and allocate, in the first steps
constexpr std::int64_t kMisfits = 8;
constexpr double kSame = 1e-3;  // of the number itself

std::vector<at::Tensor> tensorsOf(const std::vector<MicroBatch>& batches) {
    std::vector<at::Tensor> all;
    for (const MicroBatch& batch : batches)
        for (const at::Tensor& tensor : maskscope::tensorsOf(batch)) all.push_back(tensor);
    return all;
}

bool fit(const std::vector<at::Tensor>& from, const std::vector<at::Tensor>& to) {
    if (from.size() != to.size()) return false;
    for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i].sizes() != to[i].sizes() || from[i].scalar_type() != to[i].scalar_type()) return false;
    return true;
}

bool isSame(double one, double other) { return std::abs(one - other) <= kSame * std::abs(one); }

}  // namespace

void StepGraph::giveUp(const std::string& reason) {
    forget();
    obstacle_ = reason;
}

void StepGraph::forget() {
    isReplaying_ = false;
    fixed_.clear();
    result_ = {};
}

StepResult StepGraph::run(const std::vector<MicroBatch>& batches, const Work& work, at::Tensor brake) {
    if (!obstacle_.empty() || steps_++ < kStepsBefore) return work(batches);
    if (!isReplaying_ && !begin(batches, work, brake)) return work(batches);
    const std::vector<at::Tensor> from = tensorsOf(batches), to = tensorsOf(fixed_);
    if (!fit(from, to)) {
        if (++misfits_ > kMisfits) giveUp("its batches differ in shape");
        return work(batches);
    }
    {
        const at::NoGradGuard noGrad;
        for (std::size_t i = 0; i < from.size(); ++i)
            if (from[i].data_ptr() != to[i].data_ptr()) to[i].copy_(from[i], /*non_blocking=*/true);
    }
    graph_.replay();
    return {result_.loss.clone(), result_.gradientNorm.clone()};
}

/// @return whether there is a recording that can be used
bool StepGraph::begin(const std::vector<MicroBatch>& batches, const Work& work, at::Tensor brake) {
    fixed_ = batches;
    for (const at::Tensor& tensor : tensorsOf(fixed_))
        if (!tensor.is_non_overlapping_and_dense()) {
            giveUp("its batches repeat values without storing them");
            return false;
        }
    try {
        graph_.record([this, work] { result_ = work(fixed_); });
        rehearse(work, std::move(brake));
    } catch (const c10::Error& error) {
        giveUp(error.what_without_backtrace());
    }
    isReplaying_ = obstacle_.empty();
    return isReplaying_;
}

/// Once, so reading numbers may wait here.
void StepGraph::rehearse(const Work& work, at::Tensor brake) {
    const at::NoGradGuard noGrad;
    const at::Tensor before = brake.clone();
    brake.fill_(1.0);
    StepResult itself;
    {
        const at::AutoGradMode learns(true);
        itself = work(fixed_);
        graph_.replay();
    }
    const double loss = itself.loss.item<double>(), norm = itself.gradientNorm.item<double>();
    const double replayedLoss = result_.loss.item<double>(), replayedNorm = result_.gradientNorm.item<double>();
    brake.copy_(before);
    if (!isSame(loss, replayedLoss) || !isSame(norm, replayedNorm))
        giveUp(
            fmt::format("a replay gave loss {:.6g} and gradient norm {:.6g} in place of {:.6g} and {:.6g}", replayedLoss, replayedNorm, loss, norm));
}

}  // namespace maskscope
