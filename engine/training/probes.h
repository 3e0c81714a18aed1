#pragma once

#include <cstdint>
#include <filesystem>

#include "recipes/method.h"
#include "snapshot/records.h"

namespace maskscope {

/// Pictures of what a method makes of pinned images under pinned masks. No gradient, evaluation mode; the method is as before
/// afterwards.
ProbeRecord showProbes(Method& method, const View& view, const MaskPlan& plan, std::int64_t step);

/// Writes the pictures as one sheet, a row a probe: original, masked, prediction, composite.
/// @return the sheet. @throws FileError
Image writeProbeSheet(const std::filesystem::path& file, const ProbeRecord& record);

/// Removes the sheets of steps beyond `step` from a snapshots folder. @throws FileError
void cutProbeSheetsAfter(const std::filesystem::path& folder, std::int64_t step);

/// snapshots/step-00000400.png: names sort as steps do.
std::filesystem::path probeSheetFile(const std::filesystem::path& folder, std::int64_t step);

}  // namespace maskscope
