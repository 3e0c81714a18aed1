#pragma once

#include <filesystem>
#include <stop_token>

#include "snapshot/health.h"

namespace maskscope {

/// Examines a run on disk, also while it grows: its metrics, its checkpoints, and the features that its first and its newest
/// checkpoint give to some of its validation samples. Takes seconds.
/// @throws DataError if it is no run or its data have gone; StoppedError
HealthRecord examineRunFolder(const std::filesystem::path& run, const std::stop_token& stop);

}  // namespace maskscope
