#pragma once

#include <cstdint>

// C++17: nvcc reads this file too.

namespace maskscope {

/// A batch whose tokens are sorted into visible and hidden ones. All memory is of the device that does it.
struct TokenSorting {
    const bool* hides = nullptr;   // [rows, tokens], true = hidden
    const bool* exists = nullptr;  // [rows, tokens]; null: all do. What does not exist is neither visible nor hidden
    std::int64_t rows = 0, tokens = 0;
    std::int64_t* visible = nullptr;  // [rows, tokens]: indices, ascending, from the left of each row; the rest is not written
    std::int64_t* hidden = nullptr;   // [rows, tokens], the same
    std::int64_t* counts = nullptr;   // [rows, 2]: visible ones, hidden ones
};

/// What each kind of device does in its own way, the same result bit for bit. A plug-in for a device exports one such table.
struct DeviceKernels {
    static constexpr std::int64_t kVersion = 1;  // grows with every change of this file

    std::int64_t version = 0;
    /// On a GPU: queued on the calling thread's current stream of its current device, without waiting. @throws c10::Error there
    void (*sortTokens)(const TokenSorting& sorting) = nullptr;
};

/// Those of the processor: the plain form of each, on the calling thread.
const DeviceKernels& hostKernels();

/// What a plug-in exports, as kPluginEntry.
using PluginEntry = const DeviceKernels* (*)();
constexpr const char* kPluginEntry = "maskscopeDeviceKernels";

}  // namespace maskscope
