#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/value.h"

namespace maskscope {

class RunLock;

/// The folder of a training run: run.toml, metrics.csv, baselines.toml, TensorBoard event files, checkpoints/, snapshots/. run.toml is
/// written last when a run is made: a folder without it is no run. Movable; one thread.
class RunDirectory {
public:
    using Notice = std::function<void(const std::string&)>;
    static constexpr int kFormat = 1;

    /// Whether a run may be made there: nothing is, an empty folder, or what an interrupted creation left.
    /// @throws UsageError if not
    static void requireNone(const std::filesystem::path& folder);

    /// Makes a run and takes its lock. The folder may exist if it is empty or holds what an interrupted creation left.
    /// @param content  what run.toml shall say; `format` and `created` (UTC, ISO 8601) are added
    /// @throws UsageError if a run or something else is there, TrainingError if another process is making it, FileError
    static RunDirectory create(const std::filesystem::path& folder, Value content, const Notice& notice = {});

    /// Opens a run for reading, also while another process writes it, and old formats too.
    /// @throws DataError if there is no such folder, if it is no run, half-written, damaged, or of a newer format
    static RunDirectory open(const std::filesystem::path& folder);

    /// Opens a run to go on with it: takes its lock. @param notice  told about a stale lock
    /// @throws as open(); TrainingError if another writer lives; DataError if no checkpoint is complete or the format is old
    static RunDirectory openForWriting(const std::filesystem::path& folder, const Notice& notice = {});

    ~RunDirectory();
    RunDirectory(RunDirectory&&) noexcept;
    RunDirectory& operator=(RunDirectory&&) noexcept;

    /// What run.toml says.
    const Value& content() const { return content_; }
    int format() const { return format_; }
    bool isWritable() const { return lock_ != nullptr; }

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path runFile() const { return folder_ / "run.toml"; }
    std::filesystem::path metricsFile() const { return folder_ / "metrics.csv"; }
    /// The reference lines of the validation samples; missing in runs without pixels, and in older ones.
    std::filesystem::path baselinesFile() const { return folder_ / "baselines.toml"; }
    std::filesystem::path lockFile() const { return folder_ / "run.lock"; }
    /// Event files lie in the run's folder itself, so that TensorBoard calls them by the run's name.
    std::filesystem::path eventsFolder() const { return folder_; }
    std::filesystem::path checkpointsFolder() const { return folder_ / "checkpoints"; }
    std::filesystem::path snapshotsFolder() const { return folder_ / "snapshots"; }

private:
    explicit RunDirectory(std::filesystem::path folder);
    void read();

    std::filesystem::path folder_;
    Value content_;
    int format_ = kFormat;
    std::unique_ptr<RunLock> lock_;
};

}  // namespace maskscope
