#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/file_store.h"

namespace maskscope {

/// Which files of a store make up a data set, and what their folders mean.
struct FileSelection {
    std::vector<std::size_t> files;    // indices into the store, by name
    std::vector<std::string> names;    // relative to the part that was taken
    std::vector<std::int64_t> labels;  // -1: none
    std::vector<std::string> classNames;
    std::vector<std::string> notices;
};

/// All files below `inner` (empty: all), with the folders that every name shares removed. `inner` may be written with or without
/// an archive's single top folder. @throws DataError if there is no such part, naming those that there are
FileSelection selectPart(const FileStore& store, const std::string& inner);

/// Keeps the pictures; takes `train` alone where there are train and test; turns folders into classes: class = the folder that
/// holds the file; no labels where there is one class folder or none.
FileSelection selectImages(const FileStore& store, const FileSelection& part);

/// The same for .txt files.
FileSelection selectTexts(const FileStore& store, const FileSelection& part);

}  // namespace maskscope
