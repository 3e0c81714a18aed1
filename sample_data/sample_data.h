#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>

namespace maskscope {

struct SampleDataOptions {
    int trainImages = 3000, testImages = 600;  // over all ten classes, as evenly as can be
    int sidePx = 64;
    std::uint64_t seed = 1;
    int threads = 2;

    bool operator==(const SampleDataOptions&) const = default;
};

/// What generateSampleData did.
struct SampleDataResult {
    int written = 0;  // pictures
    int kept = 0;     // that were there already
    bool stopped = false;
};

/// Writes the labelled pictures that Maskscope comes with: train/<class>/NNNN.png, test/<class>/NNNN.png, then manifest.toml. The
/// bytes depend on seed and side alone, not on threads or counts. A complete folder is left as it is; a half-written one (without
/// a manifest) is completed; one made with another seed or side is written anew.
/// @param progress  pictures done, of all; called under a lock, from any thread
/// @throws FileError if the folder cannot be written, UsageError for options out of range
SampleDataResult generateSampleData(const std::filesystem::path& folder, const SampleDataOptions& options = {},
                                    const std::function<void(std::int64_t done, std::int64_t total)>& progress = {}, std::stop_token stop = {});

}  // namespace maskscope
