#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "data/images/augmentation.h"
#include "data/images/image_dataset.h"

namespace maskscope {

/// Reads samples and puts the next usable one in the place of one that is not. Thread-safe.
class SampleSource {
public:
    struct Read {
        PictureWindow window;
        std::int64_t sample = 0;  // which one it is in truth
    };

    /// @param samples, writers  kept by reference
    SampleSource(const ImageDataset& dataset, const std::vector<std::int64_t>& samples, const std::vector<InputWriter>& writers)
        : dataset_(dataset), samples_(samples), writers_(writers) {}

    /// @param place   index into samples
    /// @param choose  what of the picture is needed; called again for a sample that takes another's place
    /// @throws DataError if none of the samples can be used
    Read read(std::size_t place, const RegionChooser& choose) const;
    std::int64_t replaced() const { return replaced_; }

private:
    /// @throws DataError if the sample is not usable
    PictureWindow readOne(std::int64_t sample, const RegionChooser& choose) const;
    bool knownUnusable(std::int64_t sample) const;

    const ImageDataset& dataset_;
    const std::vector<std::int64_t>& samples_;
    const std::vector<InputWriter>& writers_;
    mutable std::mutex mutex_;
    mutable std::set<std::int64_t> unusable_;
    mutable std::atomic<bool> someUnusable_ = false;  // spares the lock
    mutable std::atomic<std::int64_t> replaced_ = 0;
};

}  // namespace maskscope
