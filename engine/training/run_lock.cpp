#include "training/run_lock.h"

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string firstWord(const fs::path& file) {
    try {
        const std::string text = readFile(file);
        return text.substr(0, text.find_first_of(" \n"));
    } catch (const FileError&) {
        return {};
    }
}

/// Field 22 of /proc/<pid>/stat; 0 if there is no such process.
std::int64_t processStart(std::int64_t pid) {
    std::string text;
    try {
        text = readFile(fmt::format("/proc/{}/stat", pid));
    } catch (const FileError&) {
        return 0;
    }
    std::size_t place = text.rfind(')');  // the name before it may hold anything
    if (place == std::string::npos) return 0;
    for (int field = 2; field < 22 && place != std::string::npos; ++field) place = text.find(' ', place + 1);
    return place == std::string::npos ? 0 : std::strtoll(text.c_str() + place, nullptr, 10);
}

std::string describe(const LockHolder& holder) {
    const auto since = static_cast<std::time_t>(holder.since);
    std::tm local{};
    ::localtime_r(&since, &local);
    char text[32] = {};
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    return fmt::format("process {} on {}, since {}", holder.pid, holder.host, text);
}

std::string encode(const LockHolder& holder) {
    const nlohmann::ordered_json content{{"host", holder.host},   {"boot", holder.boot},
                                         {"pid", holder.pid},     {"process_start", holder.processStart},
                                         {"since", holder.since}, {"heartbeat", holder.heartbeat}};
    return content.dump() + "\n";
}

std::optional<LockHolder> decode(const std::string& text) {
    const auto content = nlohmann::json::parse(text, nullptr, false);
    try {
        return LockHolder{content.at("host"),          content.at("boot"),  content.at("pid"),
                          content.at("process_start"), content.at("since"), content.at("heartbeat")};
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;  // empty, or written in part by a process that died
    }
}

std::string readAll(int descriptor) {
    std::string text(4096, '\0');
    const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

bool isStillThere(int descriptor, const fs::path& file) {
    struct stat mine {
    }, named{};
    return ::fstat(descriptor, &mine) == 0 && ::stat(file.c_str(), &named) == 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

}  // namespace

/// The open, locked file and the thread that keeps it fresh.
struct RunLock::State {
    fs::path file;
    int descriptor = -1;
    LockHolder holder;
    std::mutex mutex;
    std::condition_variable_any wake;
    std::jthread heart;

    ~State() {
        if (descriptor >= 0) ::close(descriptor);
    }

    /// @return whether flock works here at all (some network file systems refuse it)
    bool open() {
        while (true) {
            descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
            if (descriptor < 0)
                throw FileError(fmt::format("{}: cannot lock the run: {}; make the folder writable, or open the run without writing", file.string(),
                                            std::strerror(errno)));
            const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
            if (!locked && errno != EWOULDBLOCK) return false;
            if (!locked) refuse(decode(readAll(descriptor)));
            if (isStillThere(descriptor, file)) return true;
            ::close(std::exchange(descriptor, -1));  // the former holder has just removed it
        }
    }

    [[noreturn]] void refuse(const std::optional<LockHolder>& other) const {
        throw TrainingError(fmt::format("{}: the run is being written by {}; stop that first, or open the run without writing", file.string(),
                                        other ? describe(*other) : "another process"));
    }

    void checkFormerHolder(bool flockWorks, const Notice& notice) const {
        const auto other = decode(readAll(descriptor));
        if (!other) return;
        const std::optional<bool> alive = RunLock::isAlive(*other);
        const double silence = now() - other->heartbeat;
        if (alive ? *alive && !flockWorks : silence < static_cast<double>(kHeartbeatLimit.count())) refuse(other);
        if (notice) notice(fmt::format("{}: taking over from {}, which ended without giving the run back", file.string(), describe(*other)));
    }

    /// In place: the lock belongs to this very file.
    void write() {
        holder.heartbeat = now();
        const std::string text = encode(holder);
        const bool done = ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
        if (!done)
            throw FileError(fmt::format("{}: cannot write: {}; free some space or choose another folder", file.string(), std::strerror(errno)));
    }

    void beat(const std::stop_token& stop) {
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, stop, kHeartbeatInterval, [&] { return stop.stop_requested(); })) {
            try {
                write();
            } catch (const FileError&) {
                // The disk is full: the lock holds through flock, and training will report the disk itself.
            }
        }
    }
};

RunLock::RunLock(const fs::path& file, const Notice& notice) : state_(std::make_unique<State>()) {
    state_->file = file;
    const bool flockWorks = state_->open();
    state_->checkFormerHolder(flockWorks, notice);
    state_->holder = self();
    state_->holder.since = now();
    state_->write();
    state_->heart = std::jthread([state = state_.get()](const std::stop_token& stop) { state->beat(stop); });
}

RunLock::~RunLock() {
    state_->heart.request_stop();
    state_->heart.join();
    ::unlink(state_->file.c_str());  // while the lock is held: whoever waits sees that the file is gone
}

std::optional<LockHolder> RunLock::holder(const fs::path& file) {
    try {
        return decode(readFile(file));
    } catch (const FileError&) {
        return std::nullopt;
    }
}

LockHolder RunLock::self() {
    LockHolder holder;
    holder.host = firstWord("/proc/sys/kernel/hostname");
    holder.boot = firstWord("/proc/sys/kernel/random/boot_id");
    holder.pid = ::getpid();
    holder.processStart = processStart(holder.pid);
    return holder;
}

std::optional<bool> RunLock::isAlive(const LockHolder& holder) {
    const LockHolder here = self();
    if (holder.host != here.host || holder.boot != here.boot) return std::nullopt;
    const std::int64_t start = processStart(holder.pid);
    return start != 0 && start == holder.processStart;
}

}  // namespace maskscope
