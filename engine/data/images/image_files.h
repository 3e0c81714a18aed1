#pragma once

#include <memory>

#include "data/file_selection.h"
#include "data/images/image_dataset.h"

namespace maskscope {

/// Encoded pictures in a store, decoded when read.
/// @param selection  not empty
/// @throws StoppedError
std::shared_ptr<ImageDataset> makeImageFiles(std::unique_ptr<FileStore> store, FileSelection selection, std::string form, const OpenOptions& options);

}  // namespace maskscope
