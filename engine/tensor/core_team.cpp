#include "tensor/core_team.h"

#include <latch>

#include <ATen/Parallel.h>

namespace maskscope {

CoreTeam::CoreTeam(int cores) : cores_(cores) {
    if (cores == 1) return;
    const int usual = at::get_num_threads();
    std::latch ready(cores);
    for (int i = 0; i < cores; ++i)
        threads_.emplace_back([this, &ready] {
            at::get_num_threads();   // a thread takes the usual number when it first asks, whatever was set before
            at::set_num_threads(1);  // of this thread, and of threads that begin from now on
            ready.count_down();
            work();
        });
    ready.wait();
    at::set_num_threads(usual);
}

CoreTeam::~CoreTeam() {
    {
        const std::scoped_lock lock(mutex_);
        isEnding_ = true;
    }
    changed_.notify_all();
}

void CoreTeam::takeTasks(std::unique_lock<std::mutex>& lock) {
    while (next_ < count_) {
        const std::int64_t mine = next_++;
        ++running_;
        lock.unlock();
        std::exception_ptr failure;
        try {
            (*task_)(mine);
        } catch (...) {
            failure = std::current_exception();  // run() throws it on
        }
        lock.lock();
        --running_;
        if (!failure || (failure_ && failedTask_ < mine)) continue;
        failure_ = failure;
        failedTask_ = mine;
        next_ = count_;
    }
}

void CoreTeam::work() {
    std::unique_lock lock(mutex_);
    while (!isEnding_) {
        takeTasks(lock);
        if (running_ == 0) changed_.notify_all();
        changed_.wait(lock, [&] { return isEnding_ || next_ < count_; });
    }
}

void CoreTeam::run(std::int64_t count, const std::function<void(std::int64_t)>& task) {
    std::unique_lock lock(mutex_);
    task_ = &task;
    next_ = 0;
    count_ = count;
    failure_ = nullptr;
    if (threads_.empty()) {
        takeTasks(lock);
    } else {
        changed_.notify_all();
        changed_.wait(lock, [&] { return next_ >= count_ && running_ == 0; });
    }
    task_ = nullptr;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace maskscope
