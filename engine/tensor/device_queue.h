#pragma once

#include <functional>
#include <memory>

#include <c10/core/Device.h>

namespace at {
class Tensor;
}
namespace c10 {
struct Event;
}

namespace maskscope {

/// A place in the queue of work that a thread has given to a GPU. On a CPU work is done once it is given, so every place is passed.
class QueueMark {
public:
    QueueMark() = default;
    /// Behind what the calling thread has queued so far.
    static QueueMark here(c10::Device device);

    bool isPassed() const;
    /// Waits until the GPU has come so far.
    void wait() const;
    /// What the calling thread queues from now on comes behind it; nobody waits here.
    void precede(c10::Device device) const;

private:
    std::shared_ptr<c10::Event> event_;  // null: passed
};

/// A second queue of a GPU, whose copies run beside the computing. On a CPU there is none: what is asked for is done at once.
class CopyQueue {
public:
    explicit CopyQueue(c10::Device device);
    ~CopyQueue();
    CopyQueue(const CopyQueue&) = delete;
    CopyQueue& operator=(const CopyQueue&) = delete;

    c10::Device device() const { return device_; }
    /// Whether it is one beside the computing.
    bool isBeside() const { return stream_ != nullptr; }

    /// Runs work with this queue as the thread's current one. @return the place behind it
    QueueMark run(const std::function<void()>& work) const;

    /// Tells the allocator that the thread's usual queue goes on with a tensor that was made in this one.
    void handOver(const at::Tensor& tensor) const;

private:
    struct Stream;
    c10::Device device_;
    std::unique_ptr<Stream> stream_;  // null on a CPU
};

}  // namespace maskscope
