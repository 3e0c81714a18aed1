#include "tensor/device_graph.h"

#include <exception>

#include "kernels/device_graphs.h"
#include "tensor/device.h"
#include "tensor/device_memory.h"

namespace maskscope {

DeviceGraph::DeviceGraph(c10::Device device) : queue_(device), graphs_(graphsOf(device)) {}

DeviceGraph::~DeviceGraph() { drop(); }

void DeviceGraph::drop() {
    if (graph_ != nullptr) graphs_->drop(graph_);
    graph_ = nullptr;
}

std::string DeviceGraph::obstacle(c10::Device device) {
    if (device.is_cpu() || graphsOf(device) != nullptr) return {};
    return "the plug-in libmaskscope_cuda.so of this version is missing";
}

void DeviceGraph::record(const std::function<void()>& work) {
    if (!queue_.isBeside()) {
        work_ = work;
        return;
    }
    drop();
    QueueMark::here(queue_.device()).wait();
    releaseKeptMemory(queue_.device());
    queue_.run([&] {
        void* const graph = graphs_->begin();
        std::exception_ptr failure;
        try {
            work();
        } catch (...) {  // handed on below, once the recording has ended
            failure = std::current_exception();
        }
        try {
            graphs_->end(graph);
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
        if (failure) {
            graphs_->drop(graph);
            std::rethrow_exception(failure);
        }
        graph_ = graph;
    });
}

bool DeviceGraph::isRecorded() const { return graph_ != nullptr || work_; }

void DeviceGraph::replay() const {
    if (work_)
        work_();
    else
        graphs_->replay(graph_);
}

}  // namespace maskscope
