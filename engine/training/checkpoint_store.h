#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "interop/named_tensors.h"
#include "tensor/signals.h"
#include "training/retention.h"

namespace maskscope {

/// Everything that training needs to go on from a step.
struct Checkpoint {
    std::int64_t step = 0;
    NamedTensors model;
    NamedTensors ema;  // may be empty, as may the next two
    NamedTensors optimizer;
    NamedTensors signals;
    nlohmann::json state = nlohmann::json::object();  // numbers must be finite (JSON has no others); "val_loss" decides the best
};

/// What a folder step-N turned out to be.
struct CheckpointInfo {
    std::int64_t step = 0;
    std::filesystem::path folder;
    std::uint64_t bytes = 0;
    std::optional<double> valLoss;
    bool pinned = false;
    std::string problem;  // what is wrong with it, naming the file; empty: complete

    bool isComplete() const { return problem.empty(); }
};

/// The checkpoints of a run: checkpoints/step-N/ with model.safetensors, and where there is something to keep
/// ema.safetensors, optimizer.safetensors, signals.safetensors; state.json comes last and lists the others with size,
/// CRC-32 and names. A folder appears under its name as a whole or not at all, whenever the process dies.
/// One writer (who holds the run's lock); readers at any time, in any process.
class CheckpointStore {
public:
    enum class Access { Read, Write };
    using Notice = std::function<void(const std::string&)>;

    /// @param folder  checkpoints/ of a run. With Write it is made, and remains of saves and removals that died are cleared
    /// @param notice  told what is skipped and why, one line each
    /// @throws FileError
    CheckpointStore(std::filesystem::path folder, Access access, Notice notice = {});

    /// Writes a checkpoint, replacing one of the same step. @return its size in bytes
    /// @throws FileError with what to do (disk full, read-only); every former checkpoint is as it was
    std::uint64_t save(const Checkpoint& checkpoint);

    /// Reads a checkpoint into memory of its own, tensors in the order in which they were saved; checks sizes, checksums, names.
    /// @throws DataError naming the file and what is wrong with it, FileError if there is none of this step
    Checkpoint load(std::int64_t step) const;

    /// Reads the model's weights alone (`ema`: the averaged ones), mapped from the file: instant, and safe to keep when the
    /// checkpoint is removed. Checks sizes, not checksums. @throws as load(); DataError if there is no average
    NamedTensors loadWeights(std::int64_t step, bool ema = false) const;

    /// Reads the signals alone, none where the checkpoint has none. @throws as load()
    Signals loadSignals(std::int64_t step) const;

    /// All checkpoints, rising by step, broken ones with their problem. Sizes are checked, checksums are not.
    std::vector<CheckpointInfo> list() const;

    /// The newest one whose sizes and checksums hold; broken newer ones are passed over with a notice.
    std::optional<std::int64_t> newestComplete() const;

    /// Keeps a checkpoint from being thinned out (a file `keep` in it), or no longer. @throws FileError
    void pin(std::int64_t step, bool pinned = true);

    /// Removes the checkpoints, broken ones too, of steps beyond `step`. @throws FileError
    void cutAfter(std::int64_t step);

    /// Removes what the rule of stepsToKeep drops, and never a broken one. @return the removed steps
    std::vector<std::int64_t> thin(const RetentionPolicy& policy);

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path folderOf(std::int64_t step) const;

private:
    void requireWrite() const;
    void clearRemains();
    void remove(std::int64_t step);
    void putInPlace(const std::filesystem::path& temporary, std::int64_t step);
    void discard(const std::filesystem::path& folder);
    CheckpointInfo inspect(std::int64_t step, bool checksums) const;

    std::filesystem::path folder_;
    Access access_;
    Notice notice_;
};

}  // namespace maskscope
