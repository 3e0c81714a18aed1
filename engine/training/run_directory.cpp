#include "training/run_directory.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"
#include "training/checkpoint_store.h"
#include "training/run_lock.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

std::ptrdiff_t lineCount(const fs::path& file) {
    const std::string content = readFile(file);
    return std::count(content.begin(), content.end(), '\n');
}

/// Whether a checkpoint was ever complete: the one of step 0 ends the making of a run.
bool hasCheckpoint(const RunDirectory& run) {
    std::error_code code;
    for (const auto& item : fs::directory_iterator(run.checkpointsFolder(), code))
        if (!item.path().filename().string().starts_with(".")) return true;  // others are being written
    return false;
}

/// Whether everything in `folder` is what making a run leaves when it is interrupted.
bool holdsOnlyBeginnings(const RunDirectory& run) {
    std::error_code code;
    const bool hasRun = fs::exists(run.runFile(), code);
    if (hasCheckpoint(run) || (fs::exists(run.metricsFile(), code) && lineCount(run.metricsFile()) > 1)) return false;
    for (const auto& item : fs::directory_iterator(run.folder(), code)) {
        const std::string name = item.path().filename().string();
        const bool made =
            name == "run.lock" || name == "run.toml.tmp" || name == "checkpoints" || (name == "snapshots" && fs::is_empty(item.path(), code)) ||
            (hasRun &&
             (name == "run.toml" || name == "baselines.toml" || name.starts_with("metrics.csv") || name.starts_with("events.out.tfevents.")));
        if (!made) return false;
    }
    if (code) throw FileError(fmt::format("{}: cannot read the folder: {}; check its permissions", run.folder().string(), code.message()));
    return true;
}

std::string utcNow() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[32] = {};
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

}  // namespace

RunDirectory::RunDirectory(fs::path folder) : folder_(std::move(folder)) {}
RunDirectory::~RunDirectory() = default;
RunDirectory::RunDirectory(RunDirectory&&) noexcept = default;
RunDirectory& RunDirectory::operator=(RunDirectory&&) noexcept = default;

void RunDirectory::requireNone(const fs::path& place) {
    const RunDirectory run(place);
    const std::string folder = place.string();
    std::error_code code;
    if (!fs::exists(place, code)) return;
    if (!fs::is_directory(place, code)) throw UsageError(fmt::format("{}: is a file, expected a new or empty folder; choose another place", folder));
    if (holdsOnlyBeginnings(run)) return;
    if (!fs::exists(run.runFile(), code)) throw UsageError(fmt::format("{}: is not empty, and no run; choose a new or empty folder", folder));
    if (!hasCheckpoint(run))
        throw UsageError(fmt::format("{}: is a run that has lost its checkpoints; remove the folder, or choose another one", folder));
    throw UsageError(fmt::format("{}: is a run already; go on with `maskscope-cli resume {}`, or choose another folder", folder, folder));
}

RunDirectory RunDirectory::create(const fs::path& folder, Value content, const Notice& notice) {
    RunDirectory run(folder);
    requireNone(folder);
    makeFolder(folder);
    run.lock_ = std::make_unique<RunLock>(run.lockFile(), notice);
    requireNone(folder);  // another process may have made one before the lock was ours
    makeFolder(run.checkpointsFolder());
    makeFolder(run.snapshotsFolder());
    Value complete(Value::Table{{"format", kFormat}, {"created", utcNow()}});
    for (auto& [key, value] : content.asTable()) complete.set(key, std::move(value));
    complete.set("format", kFormat);
    writeFileAtomically(run.runFile(), writeToml(complete));
    syncFolder(fs::absolute(folder).parent_path());
    run.read();
    return run;
}

void RunDirectory::read() {
    std::error_code code;
    if (!fs::is_directory(folder_, code)) throw DataError(fmt::format("{}: there is no such folder; expected a run directory", folder_.string()));
    if (!fs::exists(runFile(), code)) {
        const bool hasParts = fs::exists(checkpointsFolder(), code) || fs::exists(metricsFile(), code);
        throw DataError(fmt::format("{}: run.toml is missing; {}", folder_.string(),
                                    hasParts ? "the run was interrupted while it was made, or is damaged: start it anew"
                                             : "expected a run directory that `maskscope-cli train ... --out` made"));
    }
    try {
        content_ = readToml(runFile());
    } catch (const RecipeError& error) {
        throw DataError(fmt::format("{}; the file is damaged, restore it from a copy", error.what()));
    }
    const Value* format = content_.find("format");
    if (format == nullptr || !format->isInteger())
        throw DataError(fmt::format("{}: no 'format = {}'; the file is damaged or no run of Maskscope", runFile().string(), kFormat));
    if (format->asInteger() > kFormat)
        throw DataError(
            fmt::format("{}: format {}, this program reads up to {}; update Maskscope", runFile().string(), format->asInteger(), kFormat));
    format_ = static_cast<int>(format->asInteger());
}

RunDirectory RunDirectory::open(const fs::path& folder) {
    RunDirectory run(folder);
    run.read();
    return run;
}

RunDirectory RunDirectory::openForWriting(const fs::path& folder, const Notice& notice) {
    RunDirectory run(folder);
    run.read();
    if (run.format_ < kFormat)
        throw DataError(
            fmt::format("{}: format {} is old and opens for reading only; start a new run from its checkpoint", run.runFile().string(), run.format_));
    run.lock_ = std::make_unique<RunLock>(run.lockFile(), notice);
    const auto checkpoints = CheckpointStore(run.checkpointsFolder(), CheckpointStore::Access::Read).list();
    if (std::none_of(checkpoints.begin(), checkpoints.end(), [](const CheckpointInfo& info) { return info.isComplete(); }))
        throw DataError(fmt::format("{}: {}; there is nothing to go on from, remove the folder and train anew", folder.string(),
                                    checkpoints.empty() ? "it has no checkpoint" : checkpoints.back().problem));
    return run;
}

}  // namespace maskscope
