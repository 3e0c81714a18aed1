#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

namespace maskscope {

/// Does work on a thread of its own. Jobs have a kind: a newer one replaces a waiting one of its kind and asks one that is under
/// way to stop. Kinds take turns in the order of their numbers.
class NewestWorker {
public:
    using Job = std::function<void(std::stop_token)>;

    NewestWorker() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
    /// Asks the job under way to stop and waits for it.
    ~NewestWorker() {
        thread_.request_stop();
        {
            const std::lock_guard lock(mutex_);
            waiting_.clear();
            running_.request_stop();
        }
        wake_.notify_all();
    }
    NewestWorker(const NewestWorker&) = delete;
    NewestWorker& operator=(const NewestWorker&) = delete;

    void post(int kind, Job job) {
        {
            const std::lock_guard lock(mutex_);
            waiting_[kind] = std::move(job);
            if (runningKind_ == kind) running_.request_stop();
        }
        wake_.notify_one();
    }

private:
    void work(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            Job job;
            std::stop_token token;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [&] { return stop.stop_requested() || !waiting_.empty(); });
                if (stop.stop_requested()) return;
                const auto first = waiting_.begin();
                runningKind_ = first->first;
                job = std::move(first->second);
                waiting_.erase(first);
                running_ = std::stop_source();
                token = running_.get_token();
            }
            job(token);
            const std::lock_guard lock(mutex_);
            runningKind_ = -1;
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::map<int, Job> waiting_;
    std::stop_source running_;
    int runningKind_ = -1;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace maskscope
