#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "interop/event_file.h"
#include "snapshot/records.h"
#include "training/metrics_log.h"
#include "training/run_directory.h"

namespace maskscope {

/// The growing files of a run: metrics.csv, baselines.toml, the TensorBoard event file, the pictures in snapshots/. One thread.
class RunRecord {
public:
    /// @throws FileError
    explicit RunRecord(const RunDirectory& directory);

    /// Adds the row of a step. @throws FileError
    void addStep(const StepRecord& step, const std::optional<ValidationRecord>& validation);
    /// Keeps the reference lines, which hold for the whole run. @throws FileError
    void setBaselines(const BaselineRecord& baselines);
    /// Adds the picture sheet of the probe images. @throws FileError
    void addProbes(const ProbeRecord& probes);
    /// Waits until the disk has everything. @throws FileError
    void sync();

    /// Removes what stands beyond a step, before a run is resumed there. @throws FileError
    static void cutAfter(const RunDirectory& directory, std::int64_t step);

private:
    std::filesystem::path snapshots_, baselines_;
    MetricsLog metrics_;
    EventFile events_;
};

}  // namespace maskscope
