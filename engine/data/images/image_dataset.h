#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data/dataset.h"
#include "media/decoded_image.h"
#include "media/picture_region.h"

namespace maskscope {

/// Pictures by number. All functions are thread-safe.
class ImageDataset : public Dataset {
public:
    /// @throws DataError if the sample is corrupt, FileError if its file has gone
    virtual DecodedImage read(std::int64_t sample) const = 0;
    /// The part of a sample that `choose` asks for, with the pixels that read() gives there (see decodeRegion), or more of it.
    /// @param choose  called once, with the picture's size
    virtual PictureWindow readRegion(std::int64_t sample, const RegionChooser& choose) const;
    /// Bytes that the decoded sample takes, from its header alone; 0 where that cannot be told.
    virtual std::int64_t decodedBytes(std::int64_t sample) const = 0;
    /// Reading costs next to nothing.
    virtual bool inMemory() const { return false; }

    /// Channels of the first sample that can be read. @throws DataError if none can
    int channels() const;
};

/// Opens pictures of any form: a folder of images (class = folder), the same in .tar, .tar.gz, .zip (a part of an archive is
/// written archive.tar/train or archive.tar:train), CIFAR-10/100 binaries, IDX (.gz), .npy, .npz, one image.
/// Nothing is unpacked to disk. Where there are exactly `train` and `test` (or val) folders, only `train` is taken, with a notice.
/// @throws DataError if nothing can be used, FileError if the path cannot be read, StoppedError
std::shared_ptr<ImageDataset> openImages(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace maskscope
