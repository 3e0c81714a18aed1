#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace maskscope {

/// Threads that stay, one a core. LibTorch's own parallelism is off inside them, so that each task keeps one core busy with data
/// that stay in its cache. One thread at a time may give work.
class CoreTeam {
public:
    /// @param cores  at least 1; with one core, tasks run on the thread that gives them
    explicit CoreTeam(int cores);
    ~CoreTeam();
    CoreTeam(const CoreTeam&) = delete;
    CoreTeam& operator=(const CoreTeam&) = delete;

    int cores() const { return cores_; }

    /// Runs task(0) to task(count - 1), each taken by whichever core is free, and waits for them.
    /// @throws what the task of the lowest number threw; tasks that were not begun by then are left out
    void run(std::int64_t count, const std::function<void(std::int64_t)>& task);

private:
    void work();
    void takeTasks(std::unique_lock<std::mutex>& lock);

    int cores_;
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void(std::int64_t)>* task_ = nullptr;
    std::int64_t next_ = 0, count_ = 0, running_ = 0;
    std::int64_t failedTask_ = 0;
    std::exception_ptr failure_;
    bool isEnding_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace maskscope
