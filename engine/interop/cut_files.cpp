#include "interop/cut_files.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace maskscope {
namespace {

struct Slot {
    std::atomic<std::uintptr_t> begin = 0, end = 0;  // of the mapping; 0: the slot is free
    std::atomic<bool> cut = false;
    std::string file;  // guarded by the mutex
};

constexpr std::size_t kSlots = 256;
std::array<Slot, kSlots> slots;
std::mutex mutex;
struct sigaction former {};
const auto pageSize = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));

/// Puts an empty page where the file's was. No more than system calls and atomics: it runs inside a signal.
extern "C" void replaceLostPage(int signal, siginfo_t* info, void*) {
    const auto place = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (Slot& slot : slots) {
        if (place < slot.begin || place >= slot.end) continue;
        void* page = reinterpret_cast<void*>(place & ~(pageSize - 1));
        if (::mmap(page, pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
        slot.cut = true;
        return;
    }
    ::sigaction(signal, &former, nullptr);  // not ours: the fault comes again and meets who was there before
}

void install() {
    struct sigaction action {};
    action.sa_sigaction = replaceLostPage;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, &former);
}

}  // namespace

CutGuard::CutGuard(const std::byte* data, std::size_t size, const std::filesystem::path& file) {
    static std::once_flag once;
    std::call_once(once, install);
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < kSlots; ++i) {
        Slot& slot = slots[i];
        if (slot.begin != 0) continue;
        slot.file = file.string();
        slot.cut = false;
        slot.begin = reinterpret_cast<std::uintptr_t>(data);
        slot.end = reinterpret_cast<std::uintptr_t>(data) + (size + pageSize - 1) / pageSize * pageSize;
        slot_ = static_cast<int>(i);
        return;
    }
}

CutGuard::~CutGuard() {
    if (slot_ < 0) return;
    const std::lock_guard lock(mutex);
    Slot& slot = slots[static_cast<std::size_t>(slot_)];
    slot.end = 0;
    slot.begin = 0;
}

void refuseCutFiles() {
    const std::lock_guard lock(mutex);
    for (const Slot& slot : slots)
        if (slot.begin != 0 && slot.cut)
            throw FileError(
                fmt::format("{}: another program cut the file short while it was open, so what it said is gone; open it again", slot.file));
}

}  // namespace maskscope
