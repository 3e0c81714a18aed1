#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace maskscope {

/// Counts the operations that make the host wait for a GPU, or would if their tensors lay on one: reading a number, finding out how many
/// places are set, copying to the host. Counts on all threads while it lives; one at a time. It holds on a CPU as well, so that
/// tests without a GPU see what a step would wait for.
class WaitCounter {
public:
    WaitCounter();
    ~WaitCounter();
    WaitCounter(const WaitCounter&) = delete;
    WaitCounter& operator=(const WaitCounter&) = delete;

    std::int64_t count() const;
    /// The operators that were called, and how often each waited: "aten::index (2), aten::item (1)"; empty where nothing waits.
    std::string text() const;

private:
    friend struct WaitObserver;
    mutable std::mutex mutex_;
    std::map<std::string, std::int64_t> waits_;
    std::uint64_t handle_ = 0;
};

}  // namespace maskscope
