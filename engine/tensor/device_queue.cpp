#include "tensor/device_queue.h"

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace maskscope {
namespace {

c10::Stream currentStream(c10::Device device) { return c10::impl::VirtualGuardImpl(device.type()).getStream(device); }

}  // namespace

QueueMark QueueMark::here(c10::Device device) {
    QueueMark mark;
    if (device.is_cpu()) return mark;
    mark.event_ = std::make_shared<c10::Event>(device.type());
    mark.event_->record(currentStream(device));
    return mark;
}

bool QueueMark::isPassed() const { return event_ == nullptr || event_->query(); }

void QueueMark::wait() const {
    if (event_ != nullptr) event_->synchronize();
}

void QueueMark::precede(c10::Device device) const {
    if (event_ != nullptr) event_->block(currentStream(device));
}

struct CopyQueue::Stream {
    c10::Stream stream;
};

CopyQueue::CopyQueue(c10::Device device) : device_(device) {
    if (!device.is_cpu()) stream_.reset(new Stream{c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device)});
}

CopyQueue::~CopyQueue() = default;

QueueMark CopyQueue::run(const std::function<void()>& work) const {
    if (stream_ == nullptr) {
        work();
        return {};
    }
    const c10::StreamGuard guard(stream_->stream);
    work();
    return QueueMark::here(device_);
}

void CopyQueue::handOver(const at::Tensor& tensor) const {
    if (stream_ != nullptr && tensor.defined() && tensor.device() == device_) tensor.record_stream(currentStream(device_));
}

}  // namespace maskscope
