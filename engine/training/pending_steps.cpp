#include "training/pending_steps.h"

#include <utility>

#include <torch/torch.h>

namespace maskscope {
namespace {

constexpr std::size_t kGroupsOnTheWay = 2;

}  // namespace

void PendingSteps::add(const StepRecord& record, StepResult result) {
    records_.push_back(record);
    results_.push_back(std::move(result.loss));
    results_.push_back(std::move(result.gradientNorm));
    if (static_cast<std::int64_t>(records_.size()) >= readEvery_) send();
}

void PendingSteps::send() {
    if (records_.empty()) return;
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> numbers;
    for (const at::Tensor& result : results_) numbers.push_back(result.detach().to(device_, at::kDouble));
    const at::Tensor together = at::stack(numbers).view({-1, 2});
    at::Tensor host = together;
    if (!device_.is_cpu()) {
        host = at::empty(together.sizes(), together.options().device(at::kCPU).pinned_memory(true));
        host.copy_(together, /*non_blocking=*/true);
    }
    groups_.push_back({std::exchange(records_, {}), std::move(host), QueueMark::here(device_)});
    results_.clear();
}

void PendingSteps::take(std::vector<StepRecord>& records) {
    Group group = std::move(groups_.front());
    groups_.pop_front();
    group.copied.wait();
    const double* number = group.numbers.const_data_ptr<double>();
    for (StepRecord& record : group.records) {
        record.loss = *number++;
        record.gradientNorm = *number++;
        records.push_back(record);
    }
}

std::vector<StepRecord> PendingSteps::arrived() {
    std::vector<StepRecord> records;
    while (!groups_.empty() && (readEvery_ == 1 || groups_.size() > kGroupsOnTheWay || groups_.front().copied.isPassed())) take(records);
    return records;
}

std::vector<StepRecord> PendingSteps::all() {
    send();
    std::vector<StepRecord> records;
    while (!groups_.empty()) take(records);
    return records;
}

}  // namespace maskscope
