#pragma once

#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace maskscope {

/// A queue of bounded length for small records: whoever writes never waits for a reader to look. When it is full the oldest
/// record goes, and is counted. Any number of threads on both sides; no lock is held longer than a record takes to copy.
template <typename T>
class Ring {
    static_assert(std::is_trivially_copyable_v<T>, "records of a ring are plain numbers");

public:
    /// What a reader gets.
    struct Drained {
        std::vector<T> records;  // oldest first
        std::uint64_t lost = 0;  // records that were dropped before the first of these, since the last drain
    };

    /// @param capacity  above 0
    explicit Ring(std::size_t capacity) : capacity_(capacity) { slots_.reserve(capacity); }

    void push(const T& record) {
        const std::lock_guard lock(mutex_);
        if (slots_.size() < capacity_) {
            slots_.push_back(record);
            return;
        }
        slots_[oldest_] = record;
        oldest_ = (oldest_ + 1) % capacity_;
        ++lost_;
    }

    /// Takes everything out.
    Drained drain() {
        std::vector<T> empty;
        empty.reserve(capacity_);
        Drained drained;
        std::size_t oldest = 0;
        {
            const std::lock_guard lock(mutex_);
            slots_.swap(empty);
            oldest = std::exchange(oldest_, 0);
            drained.lost = std::exchange(lost_, 0);
        }
        drained.records.reserve(empty.size());
        drained.records.insert(drained.records.end(), empty.begin() + static_cast<std::ptrdiff_t>(oldest), empty.end());
        drained.records.insert(drained.records.end(), empty.begin(), empty.begin() + static_cast<std::ptrdiff_t>(oldest));
        return drained;
    }

private:
    std::size_t capacity_;
    std::mutex mutex_;
    std::vector<T> slots_;
    std::size_t oldest_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace maskscope
