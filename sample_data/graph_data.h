#pragma once

#include <cstdint>
#include <filesystem>

namespace maskscope {

struct GraphDataOptions {
    int trainGraphs = 3000, testGraphs = 600;  // over all motifs, as evenly as can be
    std::uint64_t seed = 1;
};

/// Writes labelled graphs (label = motif): train/{nodes,edges,labels}.csv, the same in test/, and manifest.toml. The bytes depend on the
/// seed and on the counts alone. A set that was written before is written anew.
/// @throws FileError if the folder cannot be written or holds other graphs, UsageError for options out of range
void generateGraphData(const std::filesystem::path& folder, const GraphDataOptions& options = {});

}  // namespace maskscope
