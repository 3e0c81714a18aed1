#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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

    /// Adds the row of a step. A row that cannot be written (a full disk) waits for the next one, and for sync().
    void addStep(const StepRecord& step, const std::optional<ValidationRecord>& validation);
    /// Why rows wait; empty: all are written.
    const std::string& problem() const { return problem_; }
    /// Keeps the reference lines, which hold for the whole run. @throws FileError
    void setBaselines(const BaselineRecord& baselines);
    /// Adds the picture sheet of the probe images. @throws FileError
    void addProbes(const ProbeRecord& probes);
    /// Writes what waits, and returns when the disk has everything. @throws FileError; then rows go on waiting
    void sync();

    /// Removes what stands beyond a step, before a run is resumed there. @throws FileError
    static void cutAfter(const RunDirectory& directory, std::int64_t step);

private:
    struct Row {
        std::int64_t step = 0;
        std::vector<MetricsCell> cells;    // empty once they are in metrics.csv
        std::vector<EventScalar> scalars;  // for TensorBoard
    };
    void writeWaiting();

    std::filesystem::path snapshots_, baselines_;
    MetricsLog metrics_;
    EventFile events_;
    std::deque<Row> waiting_;
    std::string problem_;
};

}  // namespace maskscope
