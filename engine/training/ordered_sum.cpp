#include "training/ordered_sum.h"

#include <torch/torch.h>

namespace maskscope {

void OrderedSum::add(std::int64_t number, std::vector<at::Tensor> terms) {
    std::unique_lock lock(mutex_);
    waiting_.emplace(number, std::move(terms));
    if (isMerging_) return;  // whoever merges takes these too
    isMerging_ = true;
    for (auto found = waiting_.find(next_); found != waiting_.end(); found = waiting_.find(next_)) {
        std::vector<at::Tensor> next = std::move(found->second);
        waiting_.erase(found);
        ++next_;
        lock.unlock();
        merge(next);
        lock.lock();
    }
    isMerging_ = false;
}

void OrderedSum::merge(std::vector<at::Tensor>& terms) {
    if (sum_.empty()) {
        sum_ = std::move(terms);
        return;
    }
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        if (!terms[i].defined()) continue;
        if (sum_[i].defined())
            sum_[i].add_(terms[i]);
        else
            sum_[i] = std::move(terms[i]);
    }
}

}  // namespace maskscope
