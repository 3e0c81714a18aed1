#pragma once

#include <cstdint>

namespace maskscope {

/// Records what a thread queues on a GPU, to repeat it as a whole: one call in the place of thousands. All of it on the calling thread's current
/// stream, which must not be the default one while recording.
struct DeviceGraphs {
    static constexpr std::int64_t kVersion = 1;  // grows with every change of this file

    std::int64_t version = 0;
    /// From now on work is noted down and not done. @throws c10::Error
    void* (*begin)() = nullptr;
    /// Ends the recording. @throws c10::Error if something was queued that cannot be repeated
    void (*end)(void* graph) = nullptr;
    /// Queues all that was recorded.
    void (*replay)(void* graph) = nullptr;
    /// Frees a graph, also one whose recording failed.
    void (*drop)(void* graph) = nullptr;
};

/// What a plug-in exports beside its kernels, as kGraphEntry.
using GraphEntry = const DeviceGraphs* (*)();
constexpr const char* kGraphEntry = "maskscopeDeviceGraphs";

}  // namespace maskscope
