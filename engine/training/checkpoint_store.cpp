#include "training/checkpoint_store.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "training/checkpoint_files.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStepPrefix = "step-";
constexpr std::string_view kTemporaryPrefix = ".step-";    // .step-N.tmp-<pid>
constexpr std::string_view kTrashPrefix = ".trash-step-";  // .trash-step-N-<pid>
constexpr const char* kPinFile = "keep";

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    if (std::to_string(value) != text) return std::nullopt;  // "007" is nobody's checkpoint
    return value;
}

std::optional<std::int64_t> stepOf(const fs::path& folder) {
    const std::string name = folder.filename().string();
    if (!name.starts_with(kStepPrefix)) return std::nullopt;
    return number(std::string_view(name).substr(kStepPrefix.size()));
}

/// Two numbers around `separator`, after `prefix`.
bool isRemains(std::string_view name, std::string_view prefix, std::string_view separator) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    const std::size_t place = name.find(separator);
    return place != std::string_view::npos && number(name.substr(0, place)) && number(name.substr(place + separator.size()));
}

std::vector<std::int64_t> stepsIn(const fs::path& folder) {
    std::vector<std::int64_t> steps;
    std::error_code code;
    for (const auto& item : fs::directory_iterator(folder, code))
        if (const auto step = stepOf(item.path()); step && item.is_directory(code)) steps.push_back(*step);
    std::sort(steps.begin(), steps.end());
    return steps;
}

/// Whether the run's writer has taken a checkpoint away, as thinning out does while others read.
bool isGone(const fs::path& checkpoint) {
    std::error_code code;
    return !fs::exists(checkpoint, code);
}

void renameFolder(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
        throw FileError(
            fmt::format("{}: cannot rename to {}: {}; check the folder's permissions", from.string(), to.filename().string(), std::strerror(errno)));
}

}  // namespace

CheckpointStore::CheckpointStore(fs::path folder, Access access, Notice notice)
    : folder_(std::move(folder)), access_(access), notice_(std::move(notice)) {
    if (access_ != Access::Write) return;
    makeFolder(folder_);
    clearRemains();
}

fs::path CheckpointStore::folderOf(std::int64_t step) const { return folder_ / fmt::format("{}{}", kStepPrefix, step); }

void CheckpointStore::requireWrite() const {
    if (access_ != Access::Write) throw TrainingError(fmt::format("{}: opened for reading; open the run for writing to change it", folder_.string()));
}

void CheckpointStore::clearRemains() {
    std::vector<fs::path> remains;
    std::error_code code;
    for (const auto& item : fs::directory_iterator(folder_, code)) {
        const std::string name = item.path().filename().string();
        if (isRemains(name, kTemporaryPrefix, ".tmp-") || isRemains(name, kTrashPrefix, "-")) remains.push_back(item.path());
    }
    for (const fs::path& item : remains) discard(item);
}

void CheckpointStore::discard(const fs::path& folder) {
    std::error_code code;
    fs::remove_all(folder, code);
    if (code && notice_) notice_(fmt::format("{}: cannot be removed: {}; remove it by hand", folder.string(), code.message()));
}

std::uint64_t CheckpointStore::save(const Checkpoint& checkpoint) {
    requireWrite();
    std::error_code code;
    if (!fs::is_directory(folder_, code))  // made anew, it would have no run around it
        throw FileError(fmt::format("{}: the folder is no longer there; put it back, or stop the run", folder_.string()));
    const fs::path temporary = folder_ / fmt::format("{}{}.tmp-{}", kTemporaryPrefix, checkpoint.step, ::getpid());
    try {
        discard(temporary);
        makeFolder(temporary);
        const std::uint64_t bytes = writeCheckpointFiles(temporary, checkpoint);
        putInPlace(temporary, checkpoint.step);
        syncFolder(folder_);
        return bytes;
    } catch (const FileError& error) {
        discard(temporary);
        throw FileError(fmt::format("checkpoint of step {} could not be saved, earlier ones are intact: {}", checkpoint.step, error.what()));
    } catch (...) {
        discard(temporary);
        throw;
    }
}

void CheckpointStore::putInPlace(const fs::path& temporary, std::int64_t step) {
    const fs::path place = folderOf(step);
    std::error_code code;
    if (!fs::exists(place, code)) return renameFolder(temporary, place);
    // The step is saved once more: old and new change places in one move where the file system can do that.
    if (fs::exists(place / kPinFile, code)) writeFileAtomically(temporary / kPinFile, "");
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) return discard(temporary);
    const fs::path trash = folder_ / fmt::format("{}{}-{}", kTrashPrefix, step, ::getpid());
    renameFolder(place, trash);
    renameFolder(temporary, place);
    discard(trash);
}

Checkpoint CheckpointStore::load(std::int64_t step) const {
    const fs::path folder = folderOf(step);
    std::error_code code;
    if (!fs::exists(folder, code))
        throw FileError(fmt::format("{}: there is no checkpoint of step {}; see `maskscope-cli inspect`", folder_.string(), step));
    const nlohmann::json document = readCheckpointState(folder, step);
    for (const auto& [file, facts] : document.at("files").items()) checkCheckpointFile(folder, document, file);
    const auto read = [&](const char* file) { return readCheckpointTensors(folder, document, file, false); };
    return {step, read(kModelFile), read(kEmaFile), read(kOptimizerFile), read(kSignalsFile), document.at("state")};
}

NamedTensors CheckpointStore::loadWeights(std::int64_t step, bool ema) const {
    const fs::path folder = folderOf(step);
    const nlohmann::json document = readCheckpointState(folder, step);
    const char* file = ema ? kEmaFile : kModelFile;
    if (!document.at("files").contains(file))
        throw DataError(fmt::format("{}: has no {}; the run keeps no moving average, ask for the model itself", folder.string(), file));
    return readCheckpointTensors(folder, document, file, true);
}

Signals CheckpointStore::loadSignals(std::int64_t step) const {
    const fs::path folder = folderOf(step);
    const nlohmann::json document = readCheckpointState(folder, step);
    Signals signals;
    if (!document.at("files").contains(kSignalsFile)) return signals;
    const nlohmann::json stamps = document.at("state").value("signals", nlohmann::json::object());
    for (const auto& [name, tensor] : readCheckpointTensors(folder, document, kSignalsFile, false))
        signals.write(name, tensor, stamps.value(name, std::int64_t{0}));
    return signals;
}

CheckpointInfo CheckpointStore::inspect(std::int64_t step, bool checksums) const {
    CheckpointInfo info;
    info.step = step;
    info.folder = folderOf(step);
    std::error_code code;
    info.pinned = fs::exists(info.folder / kPinFile, code);
    try {
        const nlohmann::json document = readCheckpointState(info.folder, step);
        for (const auto& [file, facts] : document.at("files").items()) {
            info.bytes += facts.at("bytes").get<std::uint64_t>();
            if (checksums) checkCheckpointFile(info.folder, document, file);
        }
        const auto& state = document.at("state");
        if (const auto place = state.find("val_loss"); place != state.end() && place->is_number()) info.valLoss = place->get<double>();
    } catch (const Error& error) {
        info.problem = error.what();
    }
    return info;
}

std::vector<CheckpointInfo> CheckpointStore::list() const {
    std::vector<CheckpointInfo> all;
    for (const std::int64_t step : stepsIn(folder_)) {
        CheckpointInfo info = inspect(step, false);
        if (info.isComplete() || !isGone(folderOf(step))) all.push_back(std::move(info));
    }
    return all;
}

std::optional<std::int64_t> CheckpointStore::newestComplete() const {
    std::vector<std::int64_t> steps = stepsIn(folder_);
    std::reverse(steps.begin(), steps.end());
    for (const std::int64_t step : steps) {
        const CheckpointInfo info = inspect(step, true);
        if (info.isComplete()) return step;
        if (notice_ && !isGone(folderOf(step))) notice_(fmt::format("checkpoint of step {} is passed over: {}", step, info.problem));
    }
    return std::nullopt;
}

void CheckpointStore::pin(std::int64_t step, bool pinned) {
    requireWrite();
    const fs::path file = folderOf(step) / kPinFile;
    if (pinned) return writeFileAtomically(file, "");
    std::error_code code;
    fs::remove(file, code);
    if (code) throw FileError(fmt::format("{}: cannot remove: {}; check the folder's permissions", file.string(), code.message()));
}

void CheckpointStore::remove(std::int64_t step) {
    const fs::path trash = folder_ / fmt::format("{}{}-{}", kTrashPrefix, step, ::getpid());
    discard(trash);
    renameFolder(folderOf(step), trash);
    discard(trash);
}

void CheckpointStore::cutAfter(std::int64_t step) {
    requireWrite();
    std::vector<std::int64_t> steps = stepsIn(folder_);
    std::reverse(steps.begin(), steps.end());  // newest first: whenever this stops, no gap is left
    for (const std::int64_t later : steps)
        if (later > step) remove(later);
    syncFolder(folder_);
}

std::vector<std::int64_t> CheckpointStore::thin(const RetentionPolicy& policy) {
    requireWrite();
    std::vector<CheckpointFacts> facts;
    for (const CheckpointInfo& info : list())
        if (info.isComplete()) facts.push_back({info.step, info.valLoss, info.pinned});
    const std::vector<std::int64_t> kept = stepsToKeep(facts, policy);
    std::vector<std::int64_t> removed;
    for (const CheckpointFacts& fact : facts) {
        if (std::binary_search(kept.begin(), kept.end(), fact.step)) continue;
        remove(fact.step);
        removed.push_back(fact.step);
    }
    return removed;
}

}  // namespace maskscope
