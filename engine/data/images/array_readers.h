#pragma once

#include <memory>
#include <optional>
#include <string>

#include "data/file_selection.h"
#include "data/images/array_dataset.h"

namespace maskscope {

// Each looks whether the files of a part are of its form; none if not. @throws DataError if they are, but damaged.

/// CIFAR-10 (records of 3073 bytes) and CIFAR-100 (3074, fine labels) binaries; of several files, those for training.
std::optional<ImageArray> readCifar(const FileStore& store, const FileSelection& part);

/// IDX as MNIST and Fashion-MNIST ship, plain or .gz; labels lie in a file beside it, named alike.
std::optional<ImageArray> readIdx(const FileStore& store, const FileSelection& part);

/// One .npy of [N, H, W], [N, H, W, C] or [N, C, H, W]. None where it holds one picture.
std::optional<ImageArray> readNpy(const std::string& bytes, const std::string& name);

/// A .npz with images, x or data, and optionally labels or y. @throws DataError naming the members if there is neither
ImageArray readNpz(const std::filesystem::path& file, const OpenOptions& options);

}  // namespace maskscope
