#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace maskscope {

/// A slot that holds the latest value of a topic. Whoever writes never waits for a reader to look, and readers skip what they
/// were too slow for; what a reader took stays as it is, since values never change. Any number of threads on both sides: the
/// lock is held for one exchange of pointers.
template <typename T>
class Mailbox {
public:
    using Letter = std::shared_ptr<const T>;

    void put(Letter letter) {
        const std::lock_guard lock(mutex_);
        letter_.swap(letter);
        ++count_;
    }  // the former letter goes after the lock

    /// The latest value; null before the first one.
    Letter latest() const {
        const std::lock_guard lock(mutex_);
        return letter_;
    }

    /// The latest value if it has come since `seen`, which then becomes its number; null otherwise. @param seen  0 at first
    Letter newerThan(std::uint64_t& seen) const {
        const std::lock_guard lock(mutex_);
        if (count_ == seen) return nullptr;
        seen = count_;
        return letter_;
    }

    /// How many values have come.
    std::uint64_t count() const {
        const std::lock_guard lock(mutex_);
        return count_;
    }

private:
    mutable std::mutex mutex_;
    Letter letter_;
    std::uint64_t count_ = 0;
};

}  // namespace maskscope
