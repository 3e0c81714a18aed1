#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Adds up lists of tensors in the order of their numbers, 0, 1, 2, ..., whatever the order in which they come: the sum is the same to the
/// last bit however the threads that add took turns. Any thread may add.
class OrderedSum {
public:
    /// @param number  each from 0 on once
    /// @param terms   as many each time; an undefined tensor adds nothing. The sum may go on in their memory.
    void add(std::int64_t number, std::vector<at::Tensor> terms);

    /// What was added, after the last add() is over; undefined where nothing was.
    std::vector<at::Tensor> take() { return std::move(sum_); }

private:
    void merge(std::vector<at::Tensor>& terms);

    std::mutex mutex_;
    std::map<std::int64_t, std::vector<at::Tensor>> waiting_;
    std::int64_t next_ = 0;
    bool isMerging_ = false;
    std::vector<at::Tensor> sum_;
};

}  // namespace maskscope
