#pragma once

#include <cstdint>
#include <filesystem>

#include "data/domain.h"
#include "recipes/method.h"
#include "snapshot/records.h"

namespace maskscope {

/// Pictures of what a method makes of pinned samples under pinned masks; none where it can say nothing about hidden tokens.
/// No gradient, evaluation mode; the method is as before afterwards.
ProbeRecord showProbes(Method& method, const DataDomain& domain, const View& view, const MaskPlan& plan, std::int64_t step);

/// Writes the pictures into a run's snapshots folder: images as one sheet (step-00000400.png, a row a probe: original, masked,
/// what else the recipe shows, prediction, composite), texts and graphs as step-00000400.json.
/// @return the sheet; empty for texts and graphs. @throws FileError
Image writeProbes(const std::filesystem::path& folder, const ProbeRecord& record);

/// Removes the files of steps beyond `step` from a snapshots folder. @throws FileError
void cutProbesAfter(const std::filesystem::path& folder, std::int64_t step);

/// snapshots/step-00000400.png: names sort as steps do.
std::filesystem::path probeSheetFile(const std::filesystem::path& folder, std::int64_t step);

}  // namespace maskscope
