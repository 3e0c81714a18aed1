#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace maskscope {

/// Who writes, or wrote, a run: what run.lock says.
struct LockHolder {
    std::string host;
    std::string boot;  // the kernel's boot id: the same machine, not started anew
    std::int64_t pid = 0;
    std::int64_t processStart = 0;  // of the process, in clock ticks since boot: tells a reused pid
    double since = 0.0;             // seconds since 1970
    double heartbeat = 0.0;         // seconds since 1970
};

/// The right to write a run: one holder at a time, among threads, processes and machines. Readers never need it.
///
/// The lock is flock(2) on run.lock, which ends with the process however it dies, and the file's content, which also
/// speaks to machines where flock does not reach: a holder there counts as alive while its heartbeat is younger than
/// kHeartbeatLimit. A thread of its own renews the heartbeat.
class RunLock {
public:
    using Notice = std::function<void(const std::string&)>;

    static constexpr std::chrono::seconds kHeartbeatInterval{15};
    static constexpr std::chrono::seconds kHeartbeatLimit{90};

    /// Takes the lock. A stale one is taken over, with a notice that says whose it was.
    /// @throws TrainingError naming pid, host and since when, if another writer lives; FileError if the folder cannot be written
    explicit RunLock(const std::filesystem::path& file, const Notice& notice = {});
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

    /// What run.lock says; none if there is no file or it says nothing. For readers that want to show who writes.
    static std::optional<LockHolder> holder(const std::filesystem::path& file);
    /// This process as a holder.
    static LockHolder self();
    /// Whether the process lives, as far as this machine can tell; none if it is another machine's.
    static std::optional<bool> isAlive(const LockHolder& holder);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace maskscope
