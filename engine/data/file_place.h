#pragma once

#include <filesystem>
#include <string>

namespace maskscope {

/// A path in the file system, and the part of it that is meant.
struct FilePlace {
    std::filesystem::path file;  // a folder, an archive or another file; it exists
    std::string inner;           // empty: all of it
};

/// Cuts archive.tar/train, archive.tar:train and folder:train where the archive or folder ends.
/// @throws FileError if there is no such file or folder
FilePlace locateFiles(const std::filesystem::path& path);

}  // namespace maskscope
